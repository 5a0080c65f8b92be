import { type Logger, pino } from 'pino';
import { logOutput } from './log-output.ts';

export type { Logger };

/** Fields that may hold a secret, wherever they stand. Secrets are not logged in the first place; this is the net. */
const SECRET_FIELDS = ['token', 'authorization', 'secret', 'key', 'api_key', 'password'];

/** One JSON line an event, on standard output (log-output.ts). */
export function createLogger(level: string, role: string): Logger {
  return pino(
    {
      level,
      base: { role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[secret]' },
    },
    logOutput(),
  );
}
