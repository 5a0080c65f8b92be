import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Dispatcher } from 'undici';
import { now } from '../lib/clock.ts';
import type { Vault } from '../lib/crypto.ts';
import type { Queryable } from '../lib/db/database.ts';
import { type AttemptRecord, claimDueMessages, type DueMessage, recordAttempts } from '../lib/db/webhook-messages.ts';
import { webhookDelayMs } from '../lib/domain/backoff.ts';
import { faultPoint } from '../lib/fault-point.ts';
import type { Logger } from '../lib/logger.ts';
import { count } from '../lib/metrics/process-metrics.ts';
import { startSpan, traceIdOf, traceparentOf } from '../lib/trace.ts';
import { VERSION } from '../lib/version.ts';
import { type AttemptResult, sendWebhook } from '../lib/webhooks/send.ts';
import { webhookHeaders } from '../lib/webhooks/sign.ts';
import { startLoop } from './loop.ts';

/** How often due messages are looked for when nobody kicks. In ms. */
const POLL_INTERVAL_MS = 500;
/** POSTs under way at once in this process. */
const MAX_UNDER_WAY = 200;
/** On top of the time-out of one attempt: a worker that claimed a message and died holds it back for so long. In ms. */
const LEASE_SLACK_MS = 15_000;

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
  const underWay = new Set<Promise<void>>();
  const loop = startLoop({
    name: 'webhook delivery',
    intervalMs: POLL_INTERVAL_MS,
    log: deps.log,
    async work() {
      const free = MAX_UNDER_WAY - underWay.size;
      if (free === 0) return false;
      const due = await claimDueMessages(deps.db, free, deps.timeoutMs + LEASE_SLACK_MS);
      for (const message of due) {
        const sending = deliver(deps, message)
          .catch((error) => deps.log.error({ err: error, message_id: message.id }, 'webhook attempt not recorded'))
          .finally(() => {
            underWay.delete(sending);
            loop.kick();
          });
        underWay.add(sending);
      }
      return false;
    },
  });
  return {
    kick: loop.kick,
    /** Lets the attempts under way end; each has its time-out. */
    async stop() {
      await loop.stop();
      await Promise.all(underWay);
    },
  };
}

async function deliver(deps: Deps, message: DueMessage): Promise<void> {
  faultPoint('delivery.claimed');
  const at = now();
  const body = Buffer.from(
    JSON.stringify({ type: message.event_type, timestamp: message.event_at.toISOString(), data: message.data }),
  );
  const signed = webhookHeaders({
    id: message.id,
    timestampS: Math.floor(at.getTime() / 1000),
    body,
    secrets: [deps.vault.open(message.secret, 'tenant.webhook_secret')],
  });
  const span = startAttempt(message);
  const traceparent = traceparentOf(span);
  const headers = {
    ...signed,
    'user-agent': `reelay/${VERSION}`,
    ...(traceparent === null ? {} : { traceparent }),
  };
  const result = await sendWebhook(deps.agent, { url: message.url, headers, body, timeoutMs: deps.timeoutMs });
  faultPoint('delivery.sent');
  const record = { ...attemptRecord(message, result, deps.schedule), at };
  endAttempt(span, result, record.status);
  await recordAttempts(deps.db, [record]);
  faultPoint('delivery.recorded');
  count('reelay_webhook_attempts_total', { result: record.status === 'pending' ? 'retry' : record.status });
  deps.log.info(
    {
      message_id: message.id,
      tenant: message.tenant_id,
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
}

function startAttempt(message: DueMessage): Span {
  return startSpan('webhook attempt', {
    parent: message.traceparent,
    kind: SpanKind.CLIENT,
    attributes: {
      'reelay.job_id': message.job_id ?? undefined,
      'reelay.tenant': message.tenant_id,
      'reelay.message_id': message.id,
      'reelay.event_type': message.event_type,
      'reelay.attempt': message.attempts,
    },
  });
}

function endAttempt(span: Span, { statusCode, error }: AttemptResult, status: AttemptRecord['status']): void {
  span.setAttributes({ 'reelay.outcome': status, 'http.response.status_code': statusCode ?? undefined });
  if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
  span.end();
}

function attemptRecord(
  message: DueMessage,
  result: AttemptResult,
  schedule: readonly number[],
): Omit<AttemptRecord, 'at'> {
  const delay = webhookDelayMs(message.attempts, schedule, Math.random());
  const again = !result.ok && !result.gone && delay !== null;
  return {
    messageId: message.id,
    statusCode: result.statusCode,
    durationMs: result.durationMs,
    error: result.error,
    response: result.response,
    status: result.ok ? 'delivered' : again ? 'pending' : 'failed',
    // A receiver that asks for more time gets it; one that asks for less does not hurry us.
    retryInMs: again ? Math.round(Math.max(delay, result.retryAfterMs ?? 0)) : null,
  };
}
