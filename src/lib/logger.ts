import { type DestinationStream, type Logger, pino, type SerializedError, stdSerializers } from 'pino';
import { logOutput } from './log-output.ts';

export type { Logger };

/** Fields that may hold a secret, wherever they stand. Secrets are not logged in the first place; this is the net. */
const SECRET_FIELDS = ['token', 'authorization', 'secret', 'key', 'api_key', 'password'];

/** One JSON line an event, on standard output (log-output.ts) where no other is given. */
export function createLogger(level: string, role: string, output: DestinationStream = logOutput()): Logger {
  return pino(
    {
      level,
      base: { role },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error) => withoutCommands(stdSerializers.err(error)) },
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[secret]' },
    },
    output,
  );
}

/**
 * An error of Redis brings along the command that it answers, and the one that logs in has the password among its
 * arguments. Errors within errors have theirs.
 */
function withoutCommands(told: unknown): unknown {
  if (!isTold(told)) return told;
  delete told.command;
  // The same as aggregateErrors, as they came.
  if (told.aggregateErrors) delete told.errors;
  for (const inner of [told.aggregateErrors ?? [], Object.values(told)].flat()) withoutCommands(inner);
  return told;
}

/** Pino's own picture of an error, which we may change; what is no error it leaves as it is. */
function isTold(value: unknown): value is SerializedError {
  return typeof value === 'object' && value !== null && 'raw' in value;
}
