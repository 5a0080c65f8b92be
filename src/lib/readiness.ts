import { Problem } from './errors.ts';
import { settlesWithin } from './settles-within.ts';

/** Those who probe wait for a second or a few; what is well answers in milliseconds. In ms. */
const TIMEOUT_MS = 2_000;
/** A probe comes again soon. In s. */
const PROBE_AGAIN_S = 5;

/** What a process cannot work without, and the question that tells whether it is there. */
type Checks = Readonly<Record<string, () => Promise<unknown>>>;

/**
 * Tells what does not answer: the names of the checks that failed or took too long. However often it is asked, there is
 * one question of a kind at a time: probes must not pile up in front of what is down.
 */
export function createReadiness(checks: Checks): () => Promise<string[]> {
  const questions = Object.entries(checks).map(([name, check]) => ({ name, ask: oneAtATime(check) }));
  return async () => {
    const answers = await Promise.all(questions.map(async ({ name, ask }) => ((await ask()) ? [] : [name])));
    return answers.flat();
  };
}

function oneAtATime(check: () => Promise<unknown>): () => Promise<boolean> {
  let asked: Promise<unknown> | null = null;
  return () => {
    asked ??= check().finally(() => {
      asked = null;
    });
    return settlesWithin(asked, TIMEOUT_MS).catch(() => false);
  };
}

/** What is answered while something is missing. */
export function notReady(missing: readonly string[]): Problem {
  return new Problem('unavailable', `No answer from: ${missing.join(', ')}.`, { retryAfterS: PROBE_AGAIN_S });
}
