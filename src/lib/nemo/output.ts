import { Agent, request } from 'undici';
import { CONNECT_TIMEOUT_MS } from './transport.ts';
import { UpstreamError } from './upstream-error.ts';

/** A file store answers a ranged request within a second or two. In ms. */
const PROBE_TIMEOUT_MS = 15_000;

export type OutputFile = { contentType: string | null; bytes: number | null };

export type OutputProbe = {
  /** Whether a finished file can be read, and what it is: one byte is asked for. Throws UpstreamError. */
  probe(url: string, signal: AbortSignal): Promise<OutputFile>;
  close(): Promise<void>;
};

/** Looks at finished files where the upstream put them; such addresses need no token and get none. */
export function createOutputProbe(): OutputProbe {
  const agent = new Agent({
    allowH2: false,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: PROBE_TIMEOUT_MS,
    bodyTimeout: PROBE_TIMEOUT_MS,
  });
  return {
    async probe(url, signal) {
      const call = `GET ${url.split('?')[0]}`;
      const response = await request(url, { dispatcher: agent, headers: { range: 'bytes=0-0' }, signal }).catch(
        (cause) => {
          if (signal.aborted) throw cause;
          throw new UpstreamError(call, 'unreachable', { cause });
        },
      );
      // A server that ignores the range would send the whole film.
      response.body.on('error', () => undefined).destroy();
      const { statusCode, headers } = response;
      if (statusCode !== 200 && statusCode !== 206) {
        throw new UpstreamError(call, `HTTP ${statusCode}`, {
          answer: { status: statusCode, code: null, retryAfterMs: null, message: '' },
        });
      }
      return { contentType: asText(headers['content-type']), bytes: fileSize(statusCode, headers) };
    },
    close: () => agent.destroy(),
  };
}

/** `Content-Range: bytes 0-0/1234` tells the whole size; without a range it is the length of the answer. */
function fileSize(status: number, headers: Record<string, string | string[] | undefined>): number | null {
  const text = status === 206 ? asText(headers['content-range'])?.split('/')[1] : asText(headers['content-length']);
  const bytes = Number(text);
  return text !== undefined && Number.isSafeInteger(bytes) ? bytes : null;
}

function asText(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header : null;
}
