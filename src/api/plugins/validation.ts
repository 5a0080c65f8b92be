import plugin from 'fastify-plugin';
import type { z } from 'zod';
import { findBadText } from '../../lib/domain/bad-text.ts';
import { type Fault, validationFailed } from '../../lib/errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * The body as it was sent; `body` has been read by the schema, defaults and all. A parser that does not keep the
     * whole sets it to what stands for it.
     */
    sentBody: unknown;
  }
}

/** Whoever has made so many finds the pattern; the answer stays small whatever was sent. */
export const MAX_FAULTS = 100;

/** Requests are checked with zod; every fault is answered with its pointer, all at once. */
export const validation = plugin(
  async (app) => {
    app.decorateRequest('sentBody', undefined);
    app.addHook('preValidation', (request, _reply, done) => {
      request.sentBody ??= request.body;
      const query = request.routeOptions.schema?.querystring && request.query;
      const inQuery = findBadText(query).map((bad) => ({ ...bad, pointer: bad.pointer.replace('/', '?') }));
      refuseBadText([...findBadText(request.sentBody), ...inQuery]);
      done();
    });
    // Types keep answers to their schemas, and the tests check them; here they are only written.
    app.setSerializerCompiler(() => JSON.stringify);
    app.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (data) => {
      const parsed = schema.safeParse(data);
      if (parsed.success) return { value: parsed.data };
      const pointer = httpPart === 'querystring' ? queryPointer : jsonPointer;
      return { error: validationFailed(faultsOf(parsed.error, pointer).slice(0, MAX_FAULTS)) };
    });
  },
  { name: 'validation' },
);

/** Throws a Problem that names the texts that Postgres does not take, if there are any. */
export function refuseBadText(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  throw validationFailed(faults.slice(0, MAX_FAULTS));
}

type Path = readonly PropertyKey[];

/** The faults that a schema has found, each with its pointer. */
export function faultsOf(error: z.ZodError, pointer: (path: Path) => string = jsonPointer): Fault[] {
  return error.issues.flatMap((issue) => toFaults(issue, pointer));
}

function toFaults(issue: z.core.$ZodIssue, pointer: (path: Path) => string): Fault[] {
  if (issue.code !== 'unrecognized_keys') return [{ pointer: pointer(issue.path), detail: issue.message }];
  return issue.keys.map((key) => ({ pointer: pointer([...issue.path, key]), detail: 'There is no such field.' }));
}

/** A JSON Pointer (RFC 6901) into the body. */
function jsonPointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** A parameter of the query, as it stands in an address: `?limit`. */
function queryPointer(path: Path): string {
  return `?${encodeURIComponent(String(path[0] ?? ''))}`;
}
