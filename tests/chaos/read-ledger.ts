import type { TestSandbox } from '../support/sandbox.ts';
import type { WebhookReceiver } from '../support/webhook-receiver.ts';
import type { Ledger } from './ledger.ts';
import type { OwnPostgres } from './own-stores.ts';
import type { Submission } from './submit.ts';

const JOBS = `
  SELECT id, metadata->>'n' AS n, type, status, charged, (cost->>'charged')::int AS cost,
    cost->>'certainty' AS certainty, turn_state AS "turnState"
  FROM public.job`;
const ENDS = `
  SELECT id, job_id AS "jobId", type FROM public.event
  WHERE type IN ('job.succeeded', 'job.failed', 'job.canceled', 'job.expired')`;

/** Collects what every side has in its books. */
export async function readLedger(sides: {
  postgres: OwnPostgres;
  sandbox: TestSandbox;
  receiver: WebhookReceiver;
  submissions: readonly Submission[];
}): Promise<Ledger> {
  const { postgres, sandbox, receiver, submissions } = sides;
  const log = await sandbox.log();
  return {
    submissions: [...submissions],
    jobs: await postgres.sql(JOBS),
    sends: log.messages.map(({ text, status, refusal, charged }) => ({
      n: /\bclip-(\d+)\b/.exec(text)?.[1] ?? null,
      status,
      refusal,
      charged,
    })),
    renders: await postgres.sql('SELECT id, job_id AS "jobId", state FROM public.render'),
    upstreamRenders: log.renders,
    upstreamUploads: log.uploads.map(({ session_id, filename }) => ({ session: session_id, filename })),
    events: await postgres.sql(ENDS),
    messages: await postgres.sql('SELECT id, event_id AS "eventId", status FROM public.webhook_message'),
    heard: receiver.received.map(({ headers, body }) => {
      const { type, data } = JSON.parse(body) as { type: string; data: { id: string } };
      return { webhookId: String(headers['webhook-id']), type, jobId: data.id };
    }),
  };
}
