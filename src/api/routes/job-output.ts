import { Readable } from 'node:stream';
import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { storedOutput } from '../../lib/db/renders.ts';
import { readRange } from '../../lib/domain/byte-range.ts';
import { Problem } from '../../lib/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { findJob } from '../find-job.ts';
import { noBody, otherThanJson } from '../schemas/answer.ts';
import { JobParams } from '../schemas/jobs.ts';

const FILE = {
  'video/*': 'The finished video.',
  'application/octet-stream': 'The finished video, where nobody said of what type it is.',
};

const docs = {
  operationId: 'getJobOutput',
  tags: ['Jobs'],
  summary: 'Get the finished video',
  params: JobParams,
  response: {
    200: otherThanJson('The file itself, where only Reelay can fetch it.', FILE),
    206: otherThanJson('The part of it that `Range` asks for.', FILE),
    302: noBody('`Location` is the address of the file.'),
  },
};

const CONFIG = { takes: ['range'], problems: ['range_not_satisfiable'] } as const;

export const jobOutputRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db, store }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  /** Leads to the finished file; where only the upstream's own door has it, the worker has kept it, and this is it. */
  app.get('/jobs/:id/output', { schema: docs, config: CONFIG }, async (request, reply) => {
    const job = await findJob(db, request.tenantId, request.params.id);
    const output = job.result?.output;
    if (!output) throw new Problem('not_found', 'This job has no finished file.');
    // By its render, and not by the job: a retry takes the render over.
    const stored = await storedOutput(db.pool, output.render_id);
    // The upstream's address may have characters that no header takes.
    if (stored === null) return reply.redirect(new URL(output.url).href, 302);
    const { bytes } = stored;
    reply.header('accept-ranges', 'bytes');
    // We give files no name that a client could hold `If-Range` against: it gets the whole.
    const range = request.headers['if-range'] === undefined ? readRange(request.headers.range, bytes) : null;
    if (range === 'unsatisfiable') {
      reply.header('content-range', `bytes */${bytes}`);
      throw new Problem('range_not_satisfiable', `The file has ${bytes} bytes.`);
    }
    // Fastify reads what it does not send.
    const isAsked = request.method !== 'HEAD';
    const file = isAsked ? await store.open(stored.key, range ?? undefined) : Readable.from([]);
    reply.type(stored.contentType ?? 'application/octet-stream');
    reply.header('content-length', range ? range.last - range.first + 1 : bytes);
    if (range) reply.code(206).header('content-range', `bytes ${range.first}-${range.last}/${bytes}`);
    return reply.send(file);
  });
};
