import type { Dispatcher } from 'undici';
import { now } from '../../lib/clock.ts';
import type { Vault } from '../../lib/crypto.ts';
import type { Queryable } from '../../lib/db/database.ts';
import type { AttemptRecord } from '../../lib/db/webhook-attempts.ts';
import { claimDueMessages, type DueMessage, endMessages, START, unclaimMessages } from '../../lib/db/webhook-claims.ts';
import { webhookDelayMs } from '../../lib/domain/backoff.ts';
import { PROGRESS_EVENT } from '../../lib/domain/event-types.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import type { Logger } from '../../lib/logger.ts';
import { count } from '../../lib/metrics/process-metrics.ts';
import { traceIdOf, traceparentOf } from '../../lib/trace.ts';
import { VERSION } from '../../lib/version.ts';
import { type AttemptResult, sendWebhook } from '../../lib/webhooks/send.ts';
import { webhookHeaders } from '../../lib/webhooks/sign.ts';
import { startLoop } from '../loop.ts';
import { createAttemptRecorder } from './attempt-recorder.ts';
import { endAttempt, startAttempt } from './attempt-span.ts';
import { createLanes, MAX_WAIT_MS } from './webhook-lanes.ts';
import { createSecretReader, type SecretReader } from './webhook-secrets.ts';

/** How often due messages are looked for when nobody kicks. In ms. */
const POLL_INTERVAL_MS = 500;
/** A lease lasts so much longer than an attempt and the wait before it, for the record to be written. In ms. */
const LEASE_SLACK_MS = 15_000;
/** A receiver may ask for a longer wait than the schedule has, up to the schedule's longest. In ms. */
const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000;

type Deps = {
  db: Queryable;
  vault: Vault;
  agent: Dispatcher;
  timeoutMs: number;
  schedule: readonly number[];
  log: Logger;
};

/** Sends due webhook messages: claim, sign, send, record. The row is the timer; several may run at once. */
export function startDelivery(deps: Deps) {
  const recorder = createAttemptRecorder(deps.db, deps.log);
  const secretsOf = createSecretReader(deps.vault);
  const leaseMs = MAX_WAIT_MS + deps.timeoutMs + LEASE_SLACK_MS;
  let from = START;
  let claiming = false;
  let givenBack = Promise.resolve();

  const lanes = createLanes({
    async send(message) {
      const record = await deliver(deps, secretsOf, message);
      recorder.add(record);
      return { ...record, ok: record.error === null };
    },
    hasRoom() {
      // The claim under way may be filling it.
      if (!claiming) loop.kick();
    },
    giveBack(messages) {
      givenBack = givenBack
        .then(() => unclaimMessages(deps.db, messages))
        .catch((error) => deps.log.warn({ err: error }, 'webhook messages not given back; their leases run out'));
    },
  });
  const loop = startLoop({
    name: 'webhook delivery',
    intervalMs: POLL_INTERVAL_MS,
    log: deps.log,
    async work() {
      const room = lanes.room();
      if (room.most === 0) return false;
      claiming = true;
      const claimed = await claimDueMessages(deps.db, room, from, leaseMs).finally(() => {
        claiming = false;
      });
      from = claimed.next;
      for (const message of claimed.messages) if (!message.dead) lanes.add(message);
      const dead = claimed.messages.filter((message) => message.dead);
      if (dead.length > 0) {
        await endMessages(deps.db, dead);
        const message_ids = dead.map(({ id }) => id);
        deps.log.warn({ message_ids }, 'webhook messages ended unsent: their endpoint or their event is gone');
      }
      // The walk from lane to lane goes on at once; from its end, with the next kick.
      return from.lane !== '' || lanes.hungry();
    },
  });
  return {
    kick: loop.kick,
    /** Lets the attempts under way end, each within its time-out, and records them. */
    async stop() {
      await loop.stop();
      await lanes.stop();
      await Promise.all([givenBack, recorder.drained()]);
    },
  };
}

async function deliver(deps: Deps, secretsOf: SecretReader, message: DueMessage): Promise<AttemptRecord> {
  faultPoint('delivery.claimed');
  const at = now();
  const span = startAttempt(message);
  const traceparent = traceparentOf(span);
  const result = await attempt(deps, secretsOf, message, at, traceparent).catch((error): Attempted => {
    deps.log.error({ err: error, message_id: message.id }, 'webhook could not be sent');
    return { ...NOTHING_SENT, error: 'internal_error' };
  });
  faultPoint('delivery.sent');
  const record = { ...attemptRecord(message, result, deps.schedule), at };
  endAttempt(span, result, record.status);
  count('reelay_webhook_attempts_total', { result: resultOf(message, record.status) });
  deps.log.info(
    {
      message_id: message.id,
      tenant: message.tenant_id,
      endpoint_id: message.endpoint_id,
      job_id: message.job_id ?? undefined,
      trace_id: traceIdOf(traceparent),
      event_type: message.event_type,
      attempt: message.attempts,
      status: record.status,
      status_code: result.statusCode,
      error: result.error,
      duration_ms: result.durationMs,
      retry_in_ms: record.retryInMs,
    },
    'webhook attempt',
  );
  return record;
}

type Attempted = Omit<AttemptResult, 'error'> & { error: AttemptResult['error'] | 'internal_error' };

const NOTHING_SENT = { ok: false, statusCode: null, durationMs: 0, response: '', retryAfterMs: null, gone: false };

/** Throws when the message cannot be signed (another ENCRYPTION_KEY) or its URL is none. */
async function attempt(
  { agent, timeoutMs }: Deps,
  secretsOf: SecretReader,
  message: DueMessage,
  at: Date,
  traceparent: string | null,
): Promise<AttemptResult> {
  // The stored text goes out as it is: parsing it to write it again would cost more than signing and sending.
  const body = Buffer.from(
    `{"type":"${message.event_type}","timestamp":"${message.event_at.toISOString()}","data":${message.data}}`,
  );
  const timestampS = Math.floor(at.getTime() / 1000);
  const signed = webhookHeaders({ id: message.id, timestampS, body, secrets: secretsOf(message) });
  const trace = traceparent === null ? {} : { traceparent };
  const headers = { ...signed, 'user-agent': `reelay/${VERSION}`, ...trace };
  return sendWebhook(agent, { url: message.url, headers, body, timeoutMs });
}

/** As the metrics call it: a progress that did not arrive is no message that was given up. */
function resultOf(message: DueMessage, status: AttemptRecord['status']): 'delivered' | 'retry' | 'failed' | 'dropped' {
  if (status === 'pending') return 'retry';
  return status === 'failed' && message.event_type === PROGRESS_EVENT ? 'dropped' : status;
}

function attemptRecord(message: DueMessage, result: Attempted, schedule: readonly number[]): Omit<AttemptRecord, 'at'> {
  const isProgress = message.event_type === PROGRESS_EVENT;
  const delay = isProgress ? null : webhookDelayMs(message.tries, schedule, Math.random());
  const again = !result.ok && !result.gone && delay !== null;
  return {
    messageId: message.id,
    endpointId: message.endpoint_id,
    attempt: message.attempts,
    url: message.url,
    statusCode: result.statusCode,
    durationMs: result.durationMs,
    error: result.error,
    response: result.response,
    status: result.ok ? 'delivered' : again ? 'pending' : 'failed',
    // A receiver that asks for more time gets it; one that asks for less does not hurry us.
    retryInMs: again ? Math.round(Math.max(delay, Math.min(result.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS))) : null,
  };
}
