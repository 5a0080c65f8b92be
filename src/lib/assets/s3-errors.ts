import { isUntrusted } from '../untrusted.ts';
import { AssetStoreError } from './store.ts';

/** How a store that nobody answers for shows: errors of the name, of the socket, of the time that we give it. */
const UNREACHED = /^(ECONN|EPIPE$|ENOTFOUND$|EHOSTUNREACH$|ENETUNREACH$|ETIMEDOUT$|EAI_AGAIN$)/;
/** Amazon's and others' names for "not now" that come with a status below 500. */
const NOT_NOW = /^(SlowDown|Throttling|ThrottlingException|TooManyRequests|RequestTimeout|RequestLimitExceeded)$/;

/** What the SDK throws; any of these may be missing. */
type Said = Error & { code?: unknown; $metadata?: { httpStatusCode?: number } };

/** An error of S3 in our words, where the store is in the way; else as it is. */
export function explainS3(error: unknown, bucket: string): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, code, $metadata } = error as Said;
  const status = $metadata?.httpStatusCode;
  const words = `${name}: ${message}`;
  const inTheWay = (sentence: string, away: boolean) => new AssetStoreError(sentence, { away, cause: error });

  if (name === 'NoSuchBucket') return inTheWay(`there is no bucket ${bucket} (ASSET_STORE)`, true);
  if (name === 'TimeoutError' || (typeof code === 'string' && UNREACHED.test(code)))
    return inTheWay(`no answer (S3_ENDPOINT): ${message || code}`, true);
  if (isUntrusted(error))
    return inTheWay(`the certificate of S3_ENDPOINT is not trusted (NODE_EXTRA_CA_CERTS): ${message}`, false);
  if (NOT_NOW.test(name) || (status !== undefined && (status >= 500 || status === 429))) return inTheWay(words, true);
  if (status === 301 || status === 307)
    return inTheWay(`the bucket ${bucket} is in another region (AWS_REGION): ${words}`, false);
  if (status === 401 || status === 403) return inTheWay(`the bucket ${bucket} refuses us: ${words}`, false);
  if (status === undefined && /Credential|Region is missing/.test(words))
    return inTheWay(`the SDK is not set up (AWS_REGION, AWS_ACCESS_KEY_ID, …): ${words}`, false);
  return error;
}
