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

/** The last FATAL or PANIC message of a Postgres log (or what it said before it had a log), with its DETAIL. */
export function faultIn(log: string): string | null {
  const lines = log.split('\n');
  const index = lines.findLastIndex((line) => /(FATAL|PANIC): |^postgres: /.test(line));
  const fault = lines[index]?.match(/(?:FATAL: |PANIC: |^postgres:) (.*)$/)?.[1];
  if (fault === undefined) return null;
  const following = lines.slice(index + 1, index + 3).join('\n');
  const detail = following.match(/DETAIL: {2}(.*)$/m)?.[1];
  return detail ? `${fault}; ${detail}` : fault;
}
