import { TokenGone, TokenRefused } from '../lib/commands/obtain-token.ts';
import { databaseNow } from '../lib/db/database.ts';
import { backoffMs } from '../lib/domain/backoff.ts';
import { type FailureCode, jobError, type UpstreamAnswer } from '../lib/domain/failures.ts';
import type { Phase } from '../lib/domain/job.ts';
import { type Remedy, upstreamPolicy } from '../lib/domain/upstream-errors.ts';
import { UpstreamError } from '../lib/nemo/upstream-error.ts';
import { registerUrl } from './balance.ts';
import { lackCredits } from './phases/no-credits.ts';
import type { Step, Work } from './work.ts';

/** Safe calls are tried again, with backoff, for so long since the first one that failed. In ms. */
const RETRY_DEADLINE_MS = 10 * 60_000;

/**
 * What becomes of a job whose phase threw: a remedy, another try, or the failure that the contract names. Only safe
 * calls get here: a message that may have been sent has left the phase by another door (money rule 3).
 */
export async function decideError(work: Work, error: unknown): Promise<Step> {
  const phase = work.job.phase ?? 'session';
  if (error instanceof TokenGone) return fail(work, 'session_not_found', error);
  if (error instanceof TokenRefused) return fail(work, 'token_invalid', error);
  if (!(error instanceof UpstreamError)) return tryAgain(work, phase, 'internal_error', error);
  if (error.answer === null) return tryAgain(work, phase, 'upstream_unavailable', error);

  const policy = upstreamPolicy(error.answer);
  const failure = policy.failure === 'rate_limited' && isTokenCall(error) ? 'token_quota' : policy.failure;
  if (policy.remedy === 'retry') return tryAgain(work, phase, failure, error);
  if (isApplicable(policy.remedy, work, error)) {
    const remedied = await applyRemedy(work, phase, policy.remedy, error.answer.retryAfterMs);
    if (remedied) return remedied;
  }
  return fail(work, failure, error);
}

/** Each remedy is tried once, until something gets through; and a call that asks for a token is not helped by another. */
function isApplicable(remedy: Remedy, { job }: Work, error: UpstreamError): boolean {
  if (remedy === 'none' || job.remedies.includes(remedy)) return false;
  return remedy !== 'renew_token' || !isTokenCall(error);
}

/**
 * Null: the remedy does not apply here. A job that is asked to wait for longer than safe calls are tried fails instead:
 * it would hold its session and a place of its tenant all the while.
 */
async function applyRemedy(
  work: Work,
  phase: Phase,
  remedy: Remedy,
  retryAfterMs: number | null,
): Promise<Step | null> {
  const remedies = [...work.job.remedies, remedy];
  const accountId = work.job.account_id;
  if (remedy === 'wait') {
    if (retryAfterMs !== null && retryAfterMs > RETRY_DEADLINE_MS) return null;
    const ms = retryAfterMs ?? work.deps.config.RATE_LIMIT_RETRY_DELAY;
    return { kind: 'wait', phase, reason: 'rate_limit', ms, set: { remedies } };
  }
  if (remedy === 'renew_token' && accountId !== null) {
    try {
      await work.renewIdentity(accountId);
    } catch (error) {
      return decideError(work, error);
    }
    // Noted when it is done: the token that was refused is still the one that is stored after a renewal that failed.
    await work.write({ set: { remedies } });
    return { kind: 'go', phase };
  }
  if (remedy === 'renew_session' && mayReplaceSession(work)) {
    await work.writeSession({ upstream_id: null, task_id: null, workspace_url: null, state: null, status: 'new' });
    await work.write({ set: { remedies } });
    return { kind: 'go', phase: 'session' };
  }
  return null;
}

/** A session that the job opened itself and in which nothing has happened yet is as good as a new one. */
function mayReplaceSession({ job, session }: Work): boolean {
  return session.opened_by === job.id && job.turn_state === 'unsent';
}

async function tryAgain(work: Work, phase: Phase, failure: FailureCode, error: unknown): Promise<Step> {
  // The tries of one job may be several workers', and each may have a clock of its own.
  const at = await databaseNow(work.deps.db.pool);
  const since = work.job.failing_since ?? at;
  const failures = work.job.failures + 1;
  if (at.getTime() - since.getTime() > RETRY_DEADLINE_MS) return fail(work, failure, error);
  const set = { failures, failing_since: since, remedies: work.job.remedies };
  return { kind: 'wait', phase, reason: 'recovery', ms: backoffMs(failures, Math.random()), set };
}

async function fail(work: Work, failure: FailureCode, error: unknown): Promise<Step> {
  // Nothing could be learned of a turn that may have run: that, and not the last error, is what the client must know.
  const code = work.job.phase === 'reconcile' ? 'outcome_unknown' : failure;
  if (failure === 'session_not_found') await loseSession(work);
  const answer = error instanceof UpstreamError ? error.answer : null;
  const upstream = answer && { status: answer.status, code: answer.code };
  if (code === 'unsupported_file') return unsupportedFile(work, upstream);
  if (code === 'credits_exhausted' && work.job.account_id !== null)
    return lackCredits(work, work.job.phase ?? 'session', work.job.account_id, work.job.cost.before, upstream);
  const registers = work.job.account_id === null ? null : await registerUrl(work, work.job.account_id);
  return { kind: 'fail', error: jobError(code, { upstream, registerUrl: registers }) };
}

/** Clients see that the session is gone; the next job of it looks whether it still is. One never opened stays new. */
async function loseSession(work: Work): Promise<void> {
  if (work.session.upstream_id !== null) await work.writeSession({ status: 'lost' });
}

/** The upstream does not take a file: the formats that it does take are in the words. */
function unsupportedFile(work: Work, upstream: UpstreamAnswer | null): Step {
  const error = jobError('unsupported_file', { upstream });
  const formats = work.deps.skills.get(work.job.skill)?.formats.join(', ');
  return { kind: 'fail', error: { ...error, message: `${error.message} ${work.job.skill} takes ${formats}.` } };
}

function isTokenCall(error: UpstreamError): boolean {
  return error.call.endsWith('/api/auth/anonymous-token');
}
