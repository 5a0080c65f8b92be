/** What Node, Postgres (appendix A) and Prisma call it when the database cannot be reached, or takes nobody in. */
const CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '53300', // too_many_connections
  '55000', // object_not_in_prerequisite_state: "not currently accepting connections"
  'P1001',
  'P1002',
  'P1008',
  'P1017',
]);
/** The pool's own errors have no codes. */
const WORDS = /timeout exceeded when trying to connect|Connection terminated/;

/** Whether an error says that the database is away; the same request may be served a little later. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as Error & { code?: string };
  return CODES.has(code ?? '') || WORDS.test(error.message) || isUnavailable(cause);
}
