import { z } from 'zod';

const whole = 'a whole number';
const Environment = z.object({
  SANDBOX_PORT: z.coerce.number('a port').int('a port').min(0, 'a port').max(65_535, 'a port').default(4010),
  SANDBOX_HOST: z.string().default('127.0.0.1'),
  SANDBOX_SPEED: z.coerce.number('a number above 0').positive('a number above 0').default(1),
  SANDBOX_CREDITS: z.coerce.number(whole).int(whole).nonnegative(whole).default(100),
  SANDBOX_DIALECT: z.enum(['adk', 'typed'], 'adk or typed').default('adk'),
  SANDBOX_STREAMING: z.stringbool('true or false').default(false),
});

/** The sandbox's settings. What is set to nothing counts as unset. Throws an Error with a sentence per bad value. */
export function readEnvironment(env: Record<string, string | undefined>): z.output<typeof Environment> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(given);
  if (parsed.success) return parsed.data;
  const sentences = parsed.error.issues.map(({ path, message }) => {
    const name = path.join('.');
    return `${name} has to be ${message}, not "${env[name] ?? ''}".`;
  });
  throw new Error(sentences.join(' '));
}
