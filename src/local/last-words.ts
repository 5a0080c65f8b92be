import { open } from 'node:fs/promises';

/** How much of the end of a log is read, in bytes: a start failure is one line, a stack trace a few thousand. */
const TAIL_BYTES = 32_000;

/** What a log said last since `start` (bytes), as one readable line; null when it said nothing. Never throws. */
export async function lastWordsOf(logFile: string, start: number): Promise<string | null> {
  try {
    const file = await open(logFile, 'r');
    try {
      const { size } = await file.stat();
      const from = Math.max(start, size - TAIL_BYTES);
      if (size <= from) return null;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      return lastWords(buffer.toString('utf8', 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

/**
 * The line of a log that tells why it ends there: the error in front of a stack trace, the message of a JSON line,
 * else the last line as it is. Null for an empty text.
 */
export function lastWords(log: string): string | null {
  const lines = log.split('\n').map((line) => line.trimEnd());
  while (lines.length > 0 && isNoise(lines.at(-1) ?? '')) lines.pop();
  const last = lines.at(-1);
  if (last === undefined) return null;
  return messageOfJson(last) ?? last.trim();
}

/** What Node prints around an error that nobody caught: frames, its properties, its version. */
function isNoise(line: string): boolean {
  return (
    line === '' || /^\s+at /.test(line) || /^Node\.js v/.test(line) || /^\s+\w+: /.test(line) || /^[{}\]]$/.test(line)
  );
}

function messageOfJson(line: string): string | null {
  if (!line.startsWith('{')) return null;
  try {
    const { msg, err } = JSON.parse(line) as { msg?: unknown; err?: { message?: unknown } };
    const words = [msg, err?.message].filter((part) => typeof part === 'string' && part !== '');
    return words.length > 0 ? [...new Set(words)].join(': ') : null;
  } catch {
    return null;
  }
}
