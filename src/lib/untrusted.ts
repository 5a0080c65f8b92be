/** Node's codes for a certificate that is not trusted: not signed by whom we know, not for this name, not any more. */
const CODES = /CERT|^UNABLE_TO_|^INVALID_(CA|PURPOSE)$|^HOSTNAME_MISMATCH$/;

/** Whether an error says that the other side has shown a certificate that we do not trust. */
export function isUntrusted(error: Error): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && CODES.test(code);
}
