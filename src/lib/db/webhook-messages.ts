import { PROGRESS_EVENT } from '../domain/event-types.ts';
import type { Queryable } from './database.ts';
import { WITHOUT_WAITING } from './synchronous-commit.ts';

/** How many lanes one claim looks at; the next one goes on behind them. */
const LANES_A_CLAIM = 500;

/** A claimed message: what to send, where, and in whose name. */
export type DueMessage = {
  id: string;
  tenant_id: string;
  endpoint_id: string | null;
  lane_key: string;
  url: string;
  event_type: string;
  /** Claims so far, this one included. */
  attempts: number;
  /** Claims since the schedule began, this one included. */
  tries: number;
  /** The sealed secret of the endpoint, or of the tenant. */
  secret: string;
  /** The one before a rotation, while it signs as well. */
  previous_secret: string | null;
  event_at: Date;
  /** The body of the event, as JSON text. */
  data: string;
  /** null: it is not about a job. */
  job_id: string | null;
  traceparent: string | null;
  /** Its endpoint was deleted or disabled, or its event is gone: it is not to be sent. */
  dead: boolean;
};

/** What a process can take: `most` in all, from a lane what is free in it, from a lane that is not named `perLane`. */
export type Room = { most: number; perLane: number; lanes: ReadonlyMap<string, number> };

export type Claimed = {
  messages: DueMessage[];
  /** Where the next claim goes on; '' when all lanes were looked at. */
  nextLane: string;
};

/**
 * Claims due messages for `leaseMs`: whoever claimed them and dies does not block them for longer. Every lane gives as
 * many as there is room for it, so neither a long one nor a stuck one holds up the others. The counts go up with the
 * claim, so that a message cannot be tried for ever by a worker that always dies. Progress, which is sent once, counts as failed
 * until it is recorded as delivered.
 */
export async function claimDueMessages(db: Queryable, room: Room, fromLane: string, leaseMs: number): Promise<Claimed> {
  const { rows } = await db.query<DueMessage & { last_lane: string; lane_count: number }>({
    name: 'claim_due_messages',
    text: CLAIM,
    values: [
      fromLane,
      LANES_A_CLAIM,
      [...room.lanes.keys()],
      [...room.lanes.values()],
      room.perLane,
      room.most,
      leaseMs,
    ],
  });
  const messages = rows.filter((row) => row.id !== null);
  const [first] = rows;
  if (first === undefined) return { messages: [], nextLane: '' };
  const cut = messages.length === room.most;
  const lastClaimed = messages.reduce((last, { lane_key }) => (lane_key > last ? lane_key : last), fromLane);
  return { messages, nextLane: cut ? lastClaimed : first.lane_count === LANES_A_CLAIM ? first.last_lane : '' };
}

/** The walk from lane to lane in the index costs a few µs each, however many messages a lane has. */
const CLAIM = `
  WITH RECURSIVE lane AS (
    (SELECT lane_key, 1 AS number FROM public.webhook_message
     WHERE status = 'pending' AND lane_key > $1 ORDER BY lane_key LIMIT 1)
    UNION ALL
    SELECT next.lane_key, lane.number + 1 FROM lane CROSS JOIN LATERAL (
      SELECT lane_key FROM public.webhook_message
      WHERE status = 'pending' AND lane_key > lane.lane_key ORDER BY lane_key LIMIT 1
    ) AS next
    WHERE lane.number < $2
  ), due AS (
    SELECT message.* FROM lane
    LEFT JOIN unnest($3::text[], $4::int[]) AS known(lane_key, free) ON known.lane_key = lane.lane_key
    CROSS JOIN LATERAL (
      SELECT id, endpoint_id, event_id, asked FROM public.webhook_message
      WHERE status = 'pending' AND lane_key = lane.lane_key AND next_attempt_at <= now()
        AND (leased_until IS NULL OR leased_until <= now())
      ORDER BY next_attempt_at LIMIT COALESCE(known.free, $5) FOR UPDATE SKIP LOCKED
    ) AS message
    LIMIT $6
  ), claimed AS (
    UPDATE public.webhook_message
    SET attempts = attempts + 1, tries = tries + 1, resends = GREATEST(resends - 1, 0),
      leased_until = CASE WHEN resends <= 1 THEN now() + $7 * interval '1 ms' END,
      status = CASE WHEN event_type = '${PROGRESS_EVENT}' THEN 'failed' ELSE status END
    WHERE id = ANY (ARRAY (SELECT id FROM due))
    RETURNING *
  ), walked AS (
    -- Nobody waits for the disk: a claim that is lost with the server is made again, and so is its attempt.
    SELECT max(lane_key) AS last_lane, count(*)::int AS lane_count, ${WITHOUT_WAITING}
    FROM lane
  )
  SELECT walked.last_lane, walked.lane_count, claimed.id, claimed.tenant_id, claimed.endpoint_id, claimed.lane_key, claimed.event_type,
    claimed.attempts, claimed.tries, event.at AS event_at, event.data, event.job_id, job.traceparent, COALESCE(endpoint.url, claimed.url) AS url,
    COALESCE(endpoint.secret, tenant.webhook_secret) AS secret,
    CASE WHEN endpoint.previous_secret_until > now() THEN endpoint.previous_secret
      WHEN endpoint.id IS NULL AND tenant.previous_webhook_secret_until > now() THEN tenant.previous_webhook_secret
    END AS previous_secret,
    event.at IS NULL OR claimed.endpoint_id IS NOT NULL AND (endpoint.id IS NULL OR NOT endpoint.enabled AND NOT claimed.asked)
      AS dead
  FROM walked
  LEFT JOIN claimed ON true
  LEFT JOIN LATERAL (
    SELECT at, job_id, body::text AS data FROM public.event WHERE id = claimed.event_id LIMIT 1
  ) AS event ON true
  LEFT JOIN LATERAL (SELECT traceparent FROM public.job WHERE id = event.job_id LIMIT 1) AS job ON true
  LEFT JOIN public.webhook_endpoint AS endpoint ON endpoint.id = claimed.endpoint_id
  LEFT JOIN public.tenant ON tenant.id = claimed.tenant_id`;

/** Ends messages that have nowhere to go any more. */
export async function endMessages(db: Queryable, messages: readonly DueMessage[]): Promise<void> {
  const ids = messages.map(({ id }) => id);
  await db.query("UPDATE public.webhook_message SET status = 'failed' WHERE id = ANY ($1)", [ids]);
}

/**
 * Gives claimed messages back that were not begun; the schedule does not count them. The number of the claim is not used
 * again: the record of an earlier one would be taken for it. Progress has had its chance.
 */
export async function unclaimMessages(db: Queryable, messages: readonly DueMessage[]): Promise<void> {
  await db.query(
    `UPDATE public.webhook_message AS message
     SET tries = GREATEST(message.tries - 1, 0), leased_until = NULL
     FROM unnest($1::text[], $2::int[]) AS given(id, attempts)
     WHERE message.id = given.id AND message.attempts = given.attempts`,
    [messages.map(({ id }) => id), messages.map(({ attempts }) => attempts)],
  );
}

/** Sends a message again that is the tenant's: at once, with an attempt of its own, and the schedule begins anew. */
export async function resendMessage(db: Queryable, tenantId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE public.webhook_message AS message SET ${RESEND}
     WHERE id = $1 AND tenant_id = $2 AND EXISTS (SELECT FROM public.event WHERE event.id = message.event_id)
       AND (endpoint_id IS NULL OR EXISTS (SELECT FROM public.webhook_endpoint AS e WHERE e.id = message.endpoint_id))`,
    [id, tenantId],
  );
  return rowCount === 1;
}

/** Sends the failed messages of an endpoint again that were made in this time. @returns how many. */
export async function recoverMessages(db: Queryable, endpointId: string, since: Date, until: Date): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE public.webhook_message SET ${RESEND}
     WHERE endpoint_id = $1 AND status = 'failed' AND event_type <> '${PROGRESS_EVENT}'
       AND created_at >= $2 AND created_at <= $3`,
    [endpointId, since, until],
  );
  return rowCount ?? 0;
}

/** Whoever is at it at the moment finds `resends` when it records, and leaves the message due. */
const RESEND = `status = 'pending', resends = resends + 1, tries = 0, asked = true, next_attempt_at = now(),
  leased_until = NULL`;
