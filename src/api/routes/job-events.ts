import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { eventsAfter, type StoredEvent } from '../../lib/db/job-history.ts';
import { isTerminal, type JobRecord } from '../../lib/domain/job.ts';
import { endsJob } from '../../lib/domain/job-events.ts';
import { jobView } from '../../lib/domain/job-view.ts';
import type { ApiDeps } from '../deps.ts';
import { findJob } from '../find-job.ts';
import { otherThanJson } from '../schemas/answer.ts';
import { History, JobEvent } from '../schemas/job-events.ts';
import { JobParams } from '../schemas/jobs.ts';

/** Proxies close a connection that is silent for a minute or so. In ms. */
const COMMENT_EVERY_MS = 15_000;
/** A client that reads nothing while so much waits for it is not listening. In bytes. */
const MAX_UNREAD_BYTES = 1_000_000;

const docs = {
  history: {
    operationId: 'getJobHistory',
    tags: ['Jobs'],
    summary: 'Show what happened to a job',
    params: JobParams,
    response: { 200: History },
  },
  events: {
    operationId: 'streamJobEvents',
    tags: ['Jobs'],
    summary: 'Watch a job',
    description:
      'Server-sent events: `snapshot` (the job), then `status` and `preview` (items of the history, `id:` is the seq) and `progress` (without an `id:`), until the job has ended. A comment every 15 s keeps the connection open.',
    params: JobParams,
    response: {
      200: otherThanJson('The events as they happen.', {
        'text/event-stream': JobEvent,
      }),
    },
  },
};

/** What happened to a job: at once as a list, or as it happens. */
export const jobEventRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db, watcher }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.get('/jobs/:id/history', { schema: docs.history }, async (request) => {
    const job = await findJob(db, request.tenantId, request.params.id);
    const events = await eventsAfter(db.pool, [{ jobId: job.id, seq: 0 }]);
    return { object: 'list' as const, data: events.map(historyItem) };
  });

  // Without HEAD, whose answer would last as long as the job.
  const events = { schema: docs.events, config: { takes: ['last-event-id'] }, exposeHeadRoute: false } as const;
  app.get('/jobs/:id/events', events, async (request, reply) => {
    const job = await findJob(db, request.tenantId, request.params.id);
    const known = lastEventId(request.headers['last-event-id'], job.seq);
    // Of a job that has ended there is no more than this; what is past EVENT_RETENTION would be waited for in vain.
    const missed =
      isTerminal(job.status) && known !== null ? await eventsAfter(db.pool, [{ jobId: job.id, seq: known }]) : [];
    reply.hijack();
    const out = reply.raw;
    // The client has left: 'close', which ends what follows, has been already.
    if (out.destroyed) return;
    out.on('error', () => out.destroy());
    const headers = { ...reply.getHeaders(), 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
    out.writeHead(200, headers as OutgoingHttpHeaders);
    if (known === null) send(out, { event: 'snapshot', id: job.seq, data: jobView(job) });
    for (const event of missed) tell(out, event);
    if (isTerminal(job.status)) out.end();
    else follow(out, job, known ?? job.seq);
  });

  function follow(out: ServerResponse, job: JobRecord, seq: number): void {
    const comment = setInterval(() => out.write(': still here\n\n'), COMMENT_EVERY_MS);
    const unwatch = watcher.watch({
      jobId: job.id,
      seq,
      onEvent(event) {
        tell(out, event);
        if (endsJob(event.type)) out.end();
      },
      progress: { known: job.progress, onChange: (data) => send(out, { event: 'progress', data }) },
      onStop: () => out.end(),
    });
    out.on('close', () => {
      clearInterval(comment);
      unwatch();
    });
  }
};

function historyItem({ seq, type, phase, at, body }: StoredEvent) {
  return { seq, type, phase, at: at.toISOString(), data: body };
}

function eventName(event: StoredEvent): string {
  return event.type === 'job.preview_ready' ? 'preview' : 'status';
}

function tell(out: ServerResponse, event: StoredEvent): void {
  send(out, { event: eventName(event), id: event.seq, data: historyItem(event) });
}

function send(out: ServerResponse, { event, id, data }: { event: string; id?: number; data: unknown }): void {
  if (out.writableLength > MAX_UNREAD_BYTES) return void out.destroy();
  out.write(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);
}

/**
 * The seq that a client has seen; null for one that has seen nothing (WHATWG, server-sent events), or names what this job,
 * which is at `seq`, has not come to: it saw another.
 */
function lastEventId(header: string | string[] | undefined, seq: number): number | null {
  const id = Number(header);
  return typeof header === 'string' && header !== '' && Number.isInteger(id) && id >= 0 && id <= seq ? id : null;
}
