import { expect, it } from 'vitest';
import { explainS3 } from '../../../src/lib/assets/s3-errors.ts';
import { AssetStoreError } from '../../../src/lib/assets/store.ts';

const said = (name: string, status: number | undefined, code?: string) =>
  Object.assign(new Error('in its words'), { name, code, $metadata: { httpStatusCode: status } });

it.each([
  ['NoSuchBucket', 404, undefined, true, /no bucket films/],
  ['SlowDown', 503, undefined, true, /SlowDown/],
  ['RequestTimeout', 400, undefined, true, /RequestTimeout/],
  ['InternalError', 500, undefined, true, /InternalError/],
  ['TimeoutError', undefined, undefined, true, /no answer/],
  ['Error', undefined, 'ECONNRESET', true, /no answer/],
  ['Error', undefined, 'EAI_AGAIN', true, /no answer/],
  ['Error', undefined, 'SELF_SIGNED_CERT_IN_CHAIN', false, /certificate .*NODE_EXTRA_CA_CERTS/],
  ['Error', undefined, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', false, /certificate/],
  ['PermanentRedirect', 301, undefined, false, /another region/],
  ['AccessDenied', 403, undefined, false, /films refuses us: AccessDenied/],
  ['CredentialsProviderError', undefined, undefined, false, /not set up/],
])('%s (%s, %s): the store is in the way; does waiting help: %s', (name, status, code, away, words) => {
  const error = explainS3(said(name, status, code), 'films');
  expect(error).toBeInstanceOf(AssetStoreError);
  expect(error).toMatchObject({ away, message: expect.stringMatching(words), cause: expect.any(Error) });
});

it('what is wrong with the file, or with us, stays as it is', () => {
  for (const error of [said('NoSuchKey', 404), said('InvalidPart', 400), new TypeError('x'), 'no error'])
    expect(explainS3(error, 'films')).toBe(error);
});
