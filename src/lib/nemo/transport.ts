import { Agent, type Dispatcher } from 'undici';
import { z } from 'zod';
import { objectIn } from '../domain/loose-value.ts';
import { retryAfterMs } from '../domain/retry-after.ts';
import { exchange, type WholeAnswer } from './exchange.ts';
import type { StreamedBody } from './multipart.ts';
import { type Answer, UpstreamError } from './upstream-error.ts';

/** Connecting across the world takes well under a second; longer means that nobody is there. In ms. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** Safe calls answer in a second or two; a call that is silent for so long is lost. In ms. */
const CALL_TIMEOUT_MS = 20_000;
/** Sockets to the upstream for safe calls, per process: enough for 100 polls a second at half a second each. */
const MAX_CONNECTIONS = 64;
/** Sockets for uploads, per process, apart from the others: a few minutes of film must not hold up the polls. */
const MAX_UPLOADS = 32;
/** An upload that moves no byte for so long is stuck; after the last byte a server may look at the file. In ms. */
const UPLOAD_SILENCE_MS = 120_000;
/** An answer larger than this is not one of the upstream's; states of long timelines stay far below. In bytes. */
const MAX_ANSWER_BYTES = 32_000_000;

/** Of an error's words so many characters are kept: they go into logs, not to clients. */
const MAX_MESSAGE_LENGTH = 300;

/** In whose name a call is made (nemovideo-api.md, "Headers"). */
export type SkillIdentity = { name: string; version: string; platform: string };
/** Who is calling. */
export type Identity = { token: string; skill: SkillIdentity };
/** The token is null only for the call that fetches one. */
type Caller = { token: string | null; skill: SkillIdentity };

export type Call = Caller & {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  json?: unknown;
  /** Instead of `json`; of exactly so many bytes. It is read to the end or destroyed. */
  body?: StreamedBody;
  signal?: AbortSignal;
};

export type Transport = {
  baseUrl: string;
  /** Makes a safe call and reads `data` of the envelope (or a bare object). Throws UpstreamError. */
  call<T extends z.ZodType>(call: Call, schema: T): Promise<z.output<T>>;
  close(): Promise<void>;
};

/** The headers of every request to the upstream: the bearer token and the three of the attribution. */
export function callerHeaders({ token, skill }: Caller): Record<string, string> {
  return {
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    'x-skill-source': skill.name,
    'x-skill-version': skill.version,
    'x-skill-platform': skill.platform,
  };
}

/** HTTP to one upstream: connections, time-outs, headers, envelope. Never retries: whoever calls owns that. */
export function createTransport(baseUrl: string): Transport {
  const calls = openAgent(MAX_CONNECTIONS, CALL_TIMEOUT_MS);
  const uploads = openAgent(MAX_UPLOADS, UPLOAD_SILENCE_MS);
  return {
    baseUrl,
    async call(call, schema) {
      const name = `${call.method} ${call.path}`;
      const { status, headers, text } = await send(call.body ? uploads : calls, baseUrl, call, name);
      const json = parseJson(text);
      const answer = readAnswer(status, headers, json);
      if (answer.code !== null && answer.code !== 0) throw new UpstreamError(name, `code ${answer.code}`, { answer });
      if (status >= 400) throw new UpstreamError(name, `HTTP ${status}`, { answer });
      // A page of some proxy: the upstream itself has not spoken.
      if (json === undefined) throw new UpstreamError(name, 'no JSON in the answer');
      const envelope = objectIn(json);
      if (envelope?.success === false) throw new UpstreamError(name, 'no success in the answer', { answer });
      const data = envelope && 'code' in envelope && 'data' in envelope ? envelope.data : json;
      const parsed = schema.safeParse(data);
      if (!parsed.success) throw new UpstreamError(name, `unreadable answer: ${z.prettifyError(parsed.error)}`);
      return parsed.data;
    },
    async close() {
      await Promise.all([calls.destroy(), uploads.destroy()]);
    },
  };
}

function openAgent(connections: number, silenceMs: number): Agent {
  return new Agent({
    connections,
    allowH2: false,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    maxResponseSize: MAX_ANSWER_BYTES,
  });
}

async function send(agent: Dispatcher, baseUrl: string, call: Call, name: string): Promise<WholeAnswer> {
  try {
    const url = new URL(`${baseUrl}${call.path}`);
    const request: Dispatcher.DispatchOptions = {
      origin: url.origin,
      path: url.pathname + url.search,
      method: call.method,
      headers: {
        accept: 'application/json',
        ...callerHeaders(call),
        ...(call.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(call.body ? { 'content-type': call.body.contentType, 'content-length': String(call.body.bytes) } : {}),
        ...call.headers,
      },
      body: call.body?.content ?? (call.json === undefined ? null : JSON.stringify(call.json)),
    };
    return await exchange(agent, request, call.signal);
  } catch (cause) {
    if (call.signal?.aborted) throw cause;
    throw new UpstreamError(name, cause instanceof Error ? cause.message : String(cause), { cause });
  } finally {
    // A call that never got to it has not closed it either.
    call.body?.content.on('error', () => undefined).destroy();
  }
}

/** What an answer says of itself, whatever the HTTP status is: the envelope's code, and when to come again. */
export function readAnswer(status: number, headers: Dispatcher.ResponseData['headers'], json: unknown): Answer {
  const envelope = objectIn(json);
  const code = typeof envelope?.code === 'number' ? envelope.code : null;
  const words = envelope?.message ?? envelope?.error ?? envelope?.detail;
  const message = typeof words === 'string' ? words.slice(0, MAX_MESSAGE_LENGTH) : '';
  return { status, code, retryAfterMs: retryAfterMs(headers['retry-after'], Date.now()), message };
}

/** The parsed body, or undefined when it is not JSON: an HTML page of a proxy, say. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
