import { errors } from 'undici';
import { isUntrusted } from '../untrusted.ts';
import { Stopped } from './exchange.ts';

/** Why an attempt failed, as tenants see it. */
export type AttemptError =
  | 'timeout'
  | 'blocked_address'
  | 'dns'
  | 'connection_refused'
  | 'connection_reset'
  | 'tls'
  | 'redirect'
  | 'http_status'
  | 'invalid_response'
  | 'aborted';

const BY_CODE: Readonly<Record<string, AttemptError>> = {
  blocked_address: 'blocked_address',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  unresolved_name: 'dns',
  ENOTFOUND: 'dns',
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'connection_refused',
  ENETUNREACH: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPROTO: 'tls',
  UND_ERR_HEADERS_OVERFLOW: 'invalid_response',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'invalid_response',
  UND_ERR_DESTROYED: 'aborted',
  UND_ERR_CLOSED: 'aborted',
};

/** The class of an error that ended an exchange before any answer came. What is unknown is a lost connection. */
export function classifyError(error: unknown): AttemptError {
  if (!(error instanceof Error)) return 'connection_reset';
  if (error instanceof Stopped) return error.why;
  // undici 7.30 looks the parser's reason up by the wrong key, so this error has a class but no code.
  if (error instanceof errors.HTTPParserError) return 'invalid_response';
  const code = 'code' in error ? String(error.code) : '';
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (code.startsWith('EAI_')) return 'dns';
  if (/^ERR_(SSL|TLS)_/.test(code) || isUntrusted(error)) return 'tls';
  // undici has one code for a closed socket and for an answer it cannot use ("bad response", "bad upgrade").
  if (code === 'UND_ERR_SOCKET' && error.message.startsWith('bad ')) return 'invalid_response';
  return 'connection_reset';
}

/** The class of a finished answer: null for 2xx. A 3xx is a failure, never followed (Standard Webhooks 1.0). */
export function classifyStatus(statusCode: number): AttemptError | null {
  if (statusCode >= 200 && statusCode < 300) return null;
  return statusCode >= 300 && statusCode < 400 ? 'redirect' : 'http_status';
}
