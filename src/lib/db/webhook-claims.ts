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

/** What a process can take. */
export type Room = {
  /** In all. */
  most: number;
  /** Of these, from lanes that are not known to be quick. */
  unproven: number;
  /** From lanes by their keys; `quick`: they took the last message quickly. */
  lanes: ReadonlyMap<string, { free: number; quick: boolean }>;
  /** From a lane that is not named, and so not known to be quick. */
  perLane: number;
  /** From the lanes that are not known to be quick, of a tenant. */
  tenants: ReadonlyMap<string, number>;
  /** Of a tenant that is not named. */
  perTenant: number;
};

/** Behind which lanes the next claim goes on: all of them, and those that are not known to be quick. '': with the first. */
export type Cursor = { lane: string; unproven: string };

/** `next.lane` is '' when all lanes were looked at. */
export type Claimed = { messages: DueMessage[]; next: Cursor };

type Walked = {
  last_lane: string;
  lane_count: number;
  last_quick: string | null;
  last_unproven: string | null;
  unproven: number;
};

/**
 * Claims due messages for `leaseMs`: whoever claimed them and dies does not block them for longer. Every lane gives as
 * many as there is room for it, so neither a long one nor a stuck one holds up the others; and what is not known to be
 * quick has a share of its own, as has each tenant in it. The counts go up with the claim, and not with its record: a
 * late record of an earlier claim is told apart by them. Progress, which is sent once, counts as failed until it is
 * recorded as delivered.
 */
export async function claimDueMessages(db: Queryable, room: Room, from: Cursor, leaseMs: number): Promise<Claimed> {
  const { rows } = await db.query<DueMessage & Walked>({
    name: 'claim_due_messages',
    text: CLAIM,
    values: [
      from.lane,
      LANES_A_CLAIM,
      JSON.stringify([...room.lanes].map(([lane_key, { free, quick }]) => ({ lane_key, free, quick }))),
      room.perLane,
      from.unproven,
      JSON.stringify([...room.tenants].map(([tenant_id, free]) => ({ tenant_id, free }))),
      room.perTenant,
      room.unproven,
      room.most,
      leaseMs,
    ],
  });
  const messages = rows.filter((row) => row.id !== null);
  const [walked] = rows;
  return { messages, next: walked === undefined ? START : nextOf(walked, messages.length === room.most, room, from) };
}

/** With the first of all lanes. */
export const START: Cursor = { lane: '', unproven: '' };

/** A share that was used up goes on where it ended: the lanes at the beginning would have it all, again and again. */
function nextOf(walked: Walked, full: boolean, room: Room, from: Cursor): Cursor {
  const end = walked.lane_count === LANES_A_CLAIM ? walked.last_lane : '';
  const lane = full ? (walked.last_quick ?? from.lane) : end;
  if (walked.unproven === room.unproven) return { lane, unproven: walked.last_unproven ?? from.unproven };
  return { lane, unproven: lane === '' ? '' : from.unproven };
}

const IS_DUE = `status = 'pending' AND next_attempt_at <= now() AND (leased_until IS NULL OR leased_until <= now())`;

/**
 * The walk from lane to lane in the index costs a few µs each, however many messages a lane has. What is not known to be
 * quick is chosen before it is locked: which of it there is room for is only known when all of it was seen. Among the
 * lanes of a tenant chance decides, or those that always have something due would have all its places. What was chosen is
 * looked up by its id alone (docs/decisions/0018), and looked at again when it is locked.
 */
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
  ), placed AS (
    SELECT lane.lane_key, lane.number, known.free, COALESCE(known.quick, false) AS quick
    FROM lane
    LEFT JOIN json_to_recordset($3::json) AS known(lane_key text, free int, quick boolean) USING (lane_key)
    ORDER BY lane.number
  ), unproven AS (
    SELECT candidate.id, candidate.lane_key, candidate.number
    FROM (
      SELECT message.id, message.tenant_id, placed.lane_key, placed.number,
        row_number() OVER (PARTITION BY message.tenant_id ORDER BY random()) AS place
      FROM placed CROSS JOIN LATERAL (
        SELECT id, tenant_id FROM public.webhook_message WHERE lane_key = placed.lane_key AND ${IS_DUE}
        ORDER BY next_attempt_at LIMIT COALESCE(placed.free, $4)
      ) AS message
      WHERE NOT placed.quick AND placed.lane_key > $5
    ) AS candidate
    LEFT JOIN json_to_recordset($6::json) AS tenant(tenant_id text, free int) USING (tenant_id)
    WHERE candidate.place <= COALESCE(tenant.free, $7)
    ORDER BY candidate.number LIMIT $8
  ), due AS (
    SELECT * FROM (
      SELECT message.id, NULL::int AS quick_number FROM unproven CROSS JOIN LATERAL (
        SELECT id, status, next_attempt_at, leased_until FROM public.webhook_message
        WHERE id = unproven.id LIMIT 1 FOR UPDATE SKIP LOCKED
      ) AS message
      WHERE ${IS_DUE}
      UNION ALL
      SELECT message.id, placed.number FROM placed CROSS JOIN LATERAL (
        SELECT id FROM public.webhook_message WHERE lane_key = placed.lane_key AND ${IS_DUE}
        ORDER BY next_attempt_at LIMIT placed.free FOR UPDATE SKIP LOCKED
      ) AS message
      WHERE placed.quick
    ) AS found
    LIMIT $9
  ), claimed AS (
    UPDATE public.webhook_message
    SET attempts = attempts + 1, tries = tries + 1, resends = GREATEST(resends - 1, 0),
      leased_until = CASE WHEN resends <= 1 THEN now() + $10 * interval '1 ms' END,
      status = CASE WHEN event_type = '${PROGRESS_EVENT}' THEN 'failed' ELSE status END
    WHERE id = ANY (ARRAY (SELECT id FROM due))
    RETURNING *
  ), walked AS (
    -- Nobody waits for the disk: a claim that is lost with the server is made again, and so is its attempt.
    SELECT (SELECT lane_key FROM lane ORDER BY number DESC LIMIT 1) AS last_lane,
      (SELECT count(*)::int FROM lane) AS lane_count,
      (SELECT lane_key FROM lane WHERE number = (SELECT max(quick_number) FROM due)) AS last_quick,
      (SELECT lane_key FROM unproven ORDER BY number DESC LIMIT 1) AS last_unproven,
      (SELECT count(*)::int FROM unproven) AS unproven,
      ${WITHOUT_WAITING}
  )
  SELECT walked.*, claimed.id, claimed.tenant_id, claimed.endpoint_id, claimed.lane_key, claimed.event_type,
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
