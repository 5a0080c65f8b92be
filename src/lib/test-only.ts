/**
 * What only a test may set: where a process of ours is to die or freeze (`kill:turn.sending:2`, lib/fault-point.ts), and
 * how far its clock is off, in ms (lib/clock.ts).
 */
const TEST_ONLY = ['TEST_FAULT_POINT', 'TEST_CLOCK_OFFSET_MS'] as const;

type Environment = Record<string, string | undefined>;

/** The value of a test's variable; undefined outside of tests, whatever is set. */
export function readTestOnly(name: (typeof TEST_ONLY)[number], env: Environment = process.env): string | undefined {
  return env.NODE_ENV === 'test' ? env[name] : undefined;
}

/** The variables for tests that are set outside of one: a process that finds any must not start. */
export function misplacedTestOnly(env: Environment): string[] {
  return env.NODE_ENV === 'test' ? [] : TEST_ONLY.filter((name) => env[name] !== undefined);
}
