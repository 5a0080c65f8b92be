/**
 * How a database that cannot serve right now shows: as errors of the socket, of the server while it starts or stops
 * (PostgreSQL, appendix A: class 08, 53300 and 57P01–57P03), of a pool without a free connection, and of Prisma.
 */
const CODES =
  /^(ECONN|EPIPE$|ENOTFOUND$|EHOSTUNREACH$|ETIMEDOUT$|EAI_AGAIN$|08|53300$|57P0[1-3]$|P1001$|P1002$|P1008$|P1017$|P2024$)/;
const WORDS =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|DatabaseNotReachable|ConnectionClosed|SocketTimeout/;

/** Whether an error says that the database could not be reached, and nothing of the statement. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, meta } = error as Error & { code?: unknown; meta?: unknown };
  if (typeof code === 'string' && CODES.test(code)) return true;
  return WORDS.test(error.message) || (meta !== undefined && WORDS.test(JSON.stringify(meta)));
}

/** Whether the server had no room on its disk (PostgreSQL, appendix A: 53100): nothing of the statement was kept. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && (error as Error & { code?: unknown }).code === '53100';
}
