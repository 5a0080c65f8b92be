import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';
import { CONNECT_TIMEOUT_MS, callerHeaders, type Identity } from './transport.ts';
import { UpstreamError } from './upstream-error.ts';

/** A file store answers within a second or two, and then goes on sending. In ms. */
const SILENCE_TIMEOUT_MS = 15_000;

/** Who keeps a file notes its size as a 32-bit number. Films of minutes stay far below. In bytes. */
const MAX_DOWNLOAD_BYTES = 2 ** 31 - 1;

/** A finished file that is larger than any that can be kept. */
export class OutputTooLarge extends Error {
  override readonly name = 'OutputTooLarge';
}

export type OutputFile = { contentType: string | null; bytes: number | null };

export type Outputs = {
  /** Whether a finished file can be read, and what it is: one byte is asked for. Throws UpstreamError. */
  probe(url: string, signal: AbortSignal): Promise<OutputFile>;
  /**
   * A finished file through the upstream's own door, which wants the headers of every call. Throws UpstreamError; reading
   * `body` throws OutputTooLarge.
   */
  download(
    who: Identity,
    renderId: string,
    signal: AbortSignal,
  ): Promise<{ body: AsyncIterable<Uint8Array>; contentType: string | null }>;
  close(): Promise<void>;
};

/** Reads finished files: where the upstream put them (such addresses need no token and get none), or from itself. */
export function createOutputs(upstreamUrl: string, maxBytes = MAX_DOWNLOAD_BYTES): Outputs {
  const agent = new Agent({
    allowH2: false,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: SILENCE_TIMEOUT_MS,
    bodyTimeout: SILENCE_TIMEOUT_MS,
  });
  return {
    async probe(url, signal) {
      const { statusCode, headers, body } = await get(agent, url, { range: 'bytes=0-0' }, signal);
      // A server that ignores the range would send the whole film.
      body.on('error', () => undefined).destroy();
      return { contentType: asText(headers['content-type']), bytes: fileSize(statusCode, headers) };
    },
    async download(who, renderId, signal) {
      const url = `${upstreamUrl}/api/render/proxy/${encodeURIComponent(renderId)}/download`;
      const { headers, body } = await get(agent, url, callerHeaders(who), signal);
      return { body: upTo(maxBytes, body), contentType: asText(headers['content-type']) };
    },
    close: () => agent.destroy(),
  };
}

async function get(
  agent: Dispatcher,
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const call = `GET ${url.split('?')[0]}`;
  const response = await request(url, { dispatcher: agent, headers, signal }).catch((cause) => {
    if (signal.aborted) throw cause;
    throw new UpstreamError(call, 'unreachable', { cause });
  });
  if (response.statusCode === 200 || response.statusCode === 206) return response;
  response.body.on('error', () => undefined).destroy();
  const answer = { status: response.statusCode, code: null, retryAfterMs: null, message: '' };
  throw new UpstreamError(call, `HTTP ${response.statusCode}`, { answer });
}

async function* upTo(maxBytes: number, body: Readable): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new OutputTooLarge(`the finished file has more than ${maxBytes} bytes`);
    yield chunk;
  }
}

/** `Content-Range: bytes 0-0/1234` tells the whole size; without a range it is the length of the answer. */
function fileSize(status: number, headers: Dispatcher.ResponseData['headers']): number | null {
  const text = status === 206 ? asText(headers['content-range'])?.split('/')[1] : asText(headers['content-length']);
  const bytes = Number(text);
  return text !== undefined && Number.isSafeInteger(bytes) ? bytes : null;
}

function asText(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header : null;
}
