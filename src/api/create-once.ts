import type { FastifyReply, FastifyRequest } from 'fastify';
import { sha256 } from '../lib/crypto.ts';
import type { Queryable } from '../lib/db/database.ts';
import { type ClaimedKey, findKey, KeyTaken, type RequestKey } from '../lib/db/idempotency-keys.ts';
import { canonicalJson } from '../lib/domain/canonical-json.ts';
import { Problem, validationFailed } from '../lib/errors.ts';

/** The contract: 1–255 visible ASCII characters, bare or in quotes. */
const VISIBLE = /^[\x21-\x7e]{1,255}$/;
/** A create takes milliseconds. In s. */
const IN_FLIGHT_RETRY_S = 1;

/**
 * Answers a POST that creates something, once a key: `create` has its effect and claims the key it is given in the same
 * commit (db/idempotency-keys.ts; null: the client sent none); the same request again finds what that made with
 * `again`, by the ids that the key was claimed for. `sent` is what must be the same; by default body and query.
 * The key is looked up where `create` finds it taken or is refused by a Problem; `looksFirst`: also before, because it
 * costs much more than a look. Throws Problems.
 */
export type Once = <T>(
  request: FastifyRequest,
  reply: FastifyReply,
  effect: {
    sent?: unknown;
    looksFirst?: boolean;
    create(key: RequestKey | null): Promise<T>;
    again(resourceIds: readonly [string, ...string[]]): Promise<T>;
  },
) => Promise<T>;

export function createOnce(db: Queryable): Once {
  /** The requests of this process that may yet claim their key; those of others are met at its unique index. */
  const inFlight = new Set<string>();
  return async (request, reply, { sent = [request.sentBody, request.query], looksFirst = false, create, again }) => {
    const key = readKey(request, sent);
    if (!key) return create(null);
    const name = JSON.stringify([key.tenantId, key.route, key.key]);
    if (inFlight.has(name)) throw stillInFlight();
    inFlight.add(name);
    try {
      const earlier = looksFirst ? await findKey(db, key) : null;
      const made = earlier ? { earlier } : await claimOrFind(db, key, create);
      if ('created' in made) return made.created;
      if (made.earlier.fingerprint !== key.fingerprint) {
        throw new Problem('idempotency_key_reused', 'The first request with this key said something else.');
      }
      const [id, ...others] = made.earlier.resource_ids;
      if (id === undefined) throw new Error(`a key of ${key.route} was claimed for nothing`);
      reply.header('idempotent-replayed', 'true');
      return await again([id, ...others]);
    } finally {
      inFlight.delete(name);
    }
  };
}

async function claimOrFind<T>(
  db: Queryable,
  key: RequestKey,
  create: (key: RequestKey) => Promise<T>,
): Promise<{ created: T } | { earlier: ClaimedKey }> {
  try {
    return { created: await create(key) };
  } catch (error) {
    if (!(error instanceof KeyTaken || error instanceof Problem)) throw error;
    const earlier = await findKey(db, key);
    if (earlier) return { earlier };
    if (error instanceof Problem) throw error;
  }
  // It had expired: the look has freed it.
  return { created: await create(key).catch(asInFlight) };
}

function asInFlight(error: unknown): never {
  throw error instanceof KeyTaken ? stillInFlight() : error;
}

/** Null without the header. One key of two paths is two keys: each retry of a job, say, has its own. */
function readKey(request: FastifyRequest, sent: unknown): RequestKey | null {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return null;
  const key = unquoted(String(header));
  if (key === null || !VISIBLE.test(key)) {
    throw validationFailed([{ pointer: 'Idempotency-Key', detail: 'Must be 1 to 255 visible ASCII characters.' }]);
  }
  const route = `${request.method} ${request.url.split('?')[0]}`;
  return { tenantId: request.tenantId, route, key, fingerprint: fingerprintOf(sent) };
}

/** Null for one whose quotes do not close. */
function unquoted(text: string): string | null {
  if (!text.startsWith('"')) return text;
  return text.length > 1 && text.endsWith('"') ? text.slice(1, -1) : null;
}

function fingerprintOf(sent: unknown): string {
  return sha256(comparable(sent));
}

/** The same for values that are equal as JSON. Throws validation_failed for what is nested too deeply to be compared. */
export function comparable(sent: unknown): string {
  try {
    return canonicalJson(sent);
  } catch (error) {
    // Only a body that no schema has looked into can be so deep: an item of a batch.
    if (!(error instanceof RangeError)) throw error;
    throw validationFailed([{ pointer: '', detail: 'The body is nested too deeply.' }]);
  }
}

function stillInFlight(): Problem {
  return new Problem('idempotency_in_flight', 'The first request with this key is not answered yet.', {
    retryAfterS: IN_FLIGHT_RETRY_S,
  });
}
