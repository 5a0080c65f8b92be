import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorCodes, type FastifyRequest } from 'fastify';
import sjson from 'secure-json-parse';
import { findBadText } from '../lib/domain/bad-text.ts';
import { Problem } from '../lib/errors.ts';
import { comparable } from './create-once.ts';
import { JobsCutter } from './cut-jobs.ts';
import { refuseBadText } from './plugins/validation.ts';
import { LinesCutter, readOptions } from './read-ndjson.ts';
import { SentItems } from './sent-items.ts';

/** What is read in one go: some thirty items. Others of this process get their turn in between. In bytes. */
const PIECE = 8_192;

/** Reads a batch while it arrives. @returns its body, with SentItems in the place of its jobs. */
export type ReadBatch = (request: FastifyRequest, payload: IncomingMessage) => Promise<unknown>;

/** As JSON. Throws as the parser of any other body does. @param limit in bytes. */
export function readBatch(limit: number): ReadBatch {
  return async (request, payload) => {
    const items = itemsOf(request);
    const cutter = new JobsCutter(items);
    for await (const piece of piecesOf(request, payload, limit)) cutter.write(piece);
    if (cutter.rest === '') throw new Problem('invalid_json', 'The body is empty.');
    if (items.hasBroken) throw new errorCodes.FST_ERR_CTP_INVALID_JSON_BODY();
    const rest = parse(cutter.rest);
    return Array.isArray(rest?.jobs) ? bodyOf(request, rest, items) : rest;
  };
}

/** As lines, with the options in the query. A line that is no JSON is an item with a fault. @param limit in bytes. */
export function readBatchLines(limit: number): ReadBatch {
  return async (request, payload) => {
    const items = itemsOf(request);
    const cutter = new LinesCutter(items);
    for await (const piece of piecesOf(request, payload, limit)) cutter.write(piece);
    cutter.end();
    return bodyOf(request, readOptions(request.query as Record<string, unknown>), items);
  };
}

function itemsOf({ headers }: FastifyRequest): SentItems {
  return new SentItems(headers['idempotency-key'] === undefined ? null : comparable);
}

/** For whoever asks whether a later request is the same, the fingerprint stands for the jobs. */
function bodyOf(request: FastifyRequest, rest: Record<string, unknown>, sent: SentItems): Record<string, unknown> {
  request.sentBody = { ...rest, jobs: sent.fingerprint() };
  refuseBadText([...sent.badText, ...findBadText(rest)]);
  return { ...rest, jobs: sent.items };
}

/** The text of a body in small pieces. Throws when it has more than `limit` bytes. */
async function* piecesOf({ headers }: FastifyRequest, payload: IncomingMessage, limit: number): AsyncGenerator<string> {
  let bytes = Number(headers['content-length']) > limit ? Infinity : 0;
  const decoder = new StringDecoder('utf8');
  try {
    // An answer needs the connection, which would go with the request.
    for await (const chunk of payload.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length;
      if (bytes > limit) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
      // Text of the whole chunk would outlive small collections of garbage, and wait for a full one.
      for (let at = 0; at < chunk.length; at += PIECE) {
        yield decoder.write(chunk.subarray(at, at + PIECE));
        await nextTurn();
      }
    }
    yield decoder.end();
  } catch (error) {
    if (!payload.errored) throw error;
    throw new Problem('bad_request', 'The body did not arrive whole.', { cause: error });
  } finally {
    payload.resume();
  }
}

function parse(text: string): Record<string, unknown> | null {
  try {
    return sjson.parse(text);
  } catch {
    throw new errorCodes.FST_ERR_CTP_INVALID_JSON_BODY();
  }
}
