import type { z } from 'zod';
import type { ProblemCode } from '../../lib/errors.ts';

/** The headers of requests that mean something here, beside `Authorization`. */
export const REQUEST_HEADERS = {
  'idempotency-key': {
    type: 'string',
    description:
      'Sent again with the same body within 24 hours, the request has its effect once and is answered with what the first one made.',
    example: '5f0c1c3e-order-4711',
  },
  prefer: {
    type: 'string',
    description: '`wait=<1–60>`: answer when the job has ended or after so many seconds.',
    example: 'wait=60',
  },
  'if-none-match': { type: 'string', description: 'The ETag that is known: 304 while it still holds.', example: '"7"' },
  range: {
    type: 'string',
    description: 'One part of the file; a request for several is given the whole.',
    example: 'bytes=0-499',
  },
  'last-event-id': { type: 'string', description: 'The seq of the last event that was seen.', example: '7' },
} as const;

/** The headers of answers that mean something, beside those that HTTP itself needs. */
export const ANSWER_HEADERS = {
  'x-request-id': { type: 'string', description: "The request's own id, else one that was made; it is in all logs." },
  location: { type: 'string', description: 'The address of what was made.' },
  etag: { type: 'string', description: "The job's `seq`." },
  'retry-after': { type: 'integer', description: 'Seconds after which another try is worth while.' },
  'accept-ranges': { type: 'string', description: '`bytes`: parts of the file can be asked for.' },
  'content-range': { type: 'string', description: 'Which part this is, of how many bytes: `bytes 0-499/7504`.' },
  'preference-applied': { type: 'string', description: '`wait`, where `Prefer: wait` was heeded.' },
  'idempotent-replayed': { type: 'string', description: '`true` where the effect was that of an earlier request.' },
  allow: { type: 'string', description: 'The methods of the path.' },
  'ratelimit-policy': {
    type: 'string',
    description: 'How many requests a key has, or an address without one: `"submit";q=600;w=60`.',
  },
  ratelimit: { type: 'string', description: 'How many are left, and for how many seconds: `"submit";r=599;t=60`.' },
  'www-authenticate': { type: 'string', description: '`Bearer`.' },
} as const;

type RequestHeader = keyof typeof REQUEST_HEADERS;
export type AnswerHeader = keyof typeof ANSWER_HEADERS;

/** What the answer to a request header is told in. */
export const ANSWERED_IN: Partial<Record<RequestHeader, readonly AnswerHeader[]>> = {
  'idempotency-key': ['idempotent-replayed'],
  prefer: ['preference-applied'],
  'if-none-match': ['etag'],
  range: ['accept-ranges', 'content-range'],
};

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Headers that the route reads. */
    takes?: readonly RequestHeader[];
    /** Headers that its good answers may have, beside those that answer to what it takes (ANSWERED_IN). */
    gives?: readonly AnswerHeader[];
    /** The body may come in lines as well: each is one `of`; the `options` are in the query. */
    lines?: { type: string; of: z.ZodType; options: z.ZodObject };
    /** What can go wrong besides that which can with every route of its kind (route-problems.ts). */
    problems?: readonly ProblemCode[];
  }
}
