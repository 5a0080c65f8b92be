import { TokenRefused } from '../lib/commands/obtain-token.ts';
import { upstreamPolicy } from '../lib/domain/upstream-errors.ts';
import { Problem } from '../lib/errors.ts';
import type { Identity } from '../lib/nemo/transport.ts';
import { UpstreamError } from '../lib/nemo/upstream-error.ts';
import { DEFAULT_SKILL } from '../lib/skills.ts';
import type { ApiDeps } from './deps.ts';

/** The contract: a live reading takes at most so long, with whatever its token takes. In ms. */
const LIVE_MS = 5_000;
/** An upstream that does not answer is often back soon. In s. */
const TRY_AGAIN_S = 30;

type Read<T> = (who: Identity, signal: AbortSignal) => Promise<T>;

/**
 * Reads from the upstream while a client waits: one try, one more with another token where the first is refused.
 * @param from the account that reads, and the skill that is named to the upstream.
 * @returns null when nothing could be read in time.
 */
export async function liveRead<T>(
  deps: Pick<ApiDeps, 'accounts' | 'skills' | 'log'>,
  from: { accountId: string; skill: string },
  read: Read<T>,
): Promise<T | null> {
  const signal = AbortSignal.timeout(LIVE_MS);
  const skill = deps.skills.get(from.skill) ?? deps.skills.get(DEFAULT_SKILL);
  if (!skill) throw new Error(`the skill ${DEFAULT_SKILL} is not served`);
  const attempt = async (refused?: string): Promise<T> => {
    // A renewal is never broken off, only not waited for: a token that was issued must be stored.
    const { token } = await orAbort(deps.accounts.token(from.accountId, skill, refused), signal);
    try {
      return await read({ token, skill }, signal);
    } catch (error) {
      if (refused === undefined && isTokenRefused(error)) return attempt(token);
      throw error;
    }
  };
  try {
    return await attempt();
  } catch (error) {
    if (!signal.aborted && !(error instanceof UpstreamError) && !(error instanceof TokenRefused)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    deps.log.warn({ account_id: from.accountId, error: reason }, 'no live reading');
    return null;
  }
}

/** What is answered where nothing could be read, and nothing has been stored before. */
export function unreadable(what: 'session' | 'credits'): Problem {
  return new Problem('unavailable', `The ${what} cannot be read right now.`, { retryAfterS: TRY_AGAIN_S });
}

function isTokenRefused(error: unknown): boolean {
  return (
    error instanceof UpstreamError && error.answer !== null && upstreamPolicy(error.answer).remedy === 'renew_token'
  );
}

/** The work's result, unless the signal aborts first; the work itself goes on, whatever becomes of it. */
function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
  return Promise.race([work, aborted]);
}
