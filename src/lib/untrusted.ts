/**
 * Node's codes for a certificate that is not trusted: not signed by whom we know, not for this name, not any more. Those
 * of OpenSSL have no common prefix (tls.TLSSocket, "X509 certificate error codes").
 */
const CODES = /CERT|CRL|^UNABLE_TO_|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$|^HOSTNAME_MISMATCH$/;

/** Whether an error says that the other side has shown a certificate that we do not trust. */
export function isUntrusted(error: Error): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && CODES.test(code);
}
