import { expect, it } from 'vitest';
import { isUntrusted } from '../../../src/lib/untrusted.ts';
import { classifyError } from '../../../src/lib/webhooks/attempt-error.ts';

const withCode = (code: string) => Object.assign(new Error(code), { code });

it.each([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_HAS_EXPIRED',
  'CERT_REVOKED',
  'CRL_HAS_EXPIRED',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])('%s says that a certificate is not trusted, to stores and to senders of webhooks', (code) => {
  expect(isUntrusted(withCode(code))).toBe(true);
  expect(classifyError(withCode(code))).toBe('tls');
});

it.each(['ECONNREFUSED', 'ECONNRESET', 'EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER'])('%s does not', (code) => {
  expect(isUntrusted(withCode(code))).toBe(false);
});
