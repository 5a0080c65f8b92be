import { TokenGone } from '../../lib/commands/obtain-token.ts';
import { nameAccountUser } from '../../lib/db/sessions.ts';
import { jobError } from '../../lib/domain/failures.ts';
import { assetsOf } from '../../lib/domain/job.ts';
import { upstreamPolicy } from '../../lib/domain/upstream-errors.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import type { Identity } from '../../lib/nemo/transport.ts';
import { UpstreamError } from '../../lib/nemo/upstream-error.ts';
import type { SessionRow, Step, Work } from '../work.ts';
import { afterConversation } from './conclude.ts';

/** Account, token and session: after it, there is someone to talk to. */
export async function openSession(work: Work): Promise<Step> {
  work.report('Connecting');
  await work.enter('session');
  const session = await work.session();
  const accountId = session.account_id ?? (await work.deps.accounts.resolve(work.job.tenant_id));
  if (work.job.account_id !== accountId) await work.write({ set: { account_id: accountId } });
  const who = await findIdentity(work, accountId);
  if (who === null) return { kind: 'fail', error: jobError('session_not_found') };

  const opened = session.upstream_id === null ? await openUpstream(work, session, accountId, who) : session;
  if (opened.workspace_url === null) await linkWorkspace(work, opened, who);
  work.report('Ready');
  // A retry of a job whose message was answered goes on from there.
  if (work.job.turn_state === 'done') return afterConversation(work);
  if (work.job.type === 'export') return { kind: 'go', phase: 'render' };
  return { kind: 'go', phase: assetsOf(work.job.input).length > 0 ? 'upload' : 'converse' };
}

/** Null: the tenant has taken the account away, and the sessions that belong to it with it. */
async function findIdentity(work: Work, accountId: string): Promise<Identity | null> {
  try {
    return await work.identity(accountId);
  } catch (error) {
    if (error instanceof TokenGone) return null;
    throw error;
  }
}

async function openUpstream(work: Work, session: SessionRow, accountId: string, who: Identity): Promise<SessionRow> {
  const { db, nemo } = work.deps;
  faultPoint('session.opening');
  const answer = await nemo.createSession(who, session.language, work.signal);
  faultPoint('session.opened');
  if (answer.user_id) await nameAccountUser(db.pool, accountId, answer.user_id);
  const opened = { account_id: accountId, task_id: answer.task_id, upstream_id: answer.session_id };
  await work.writeSession({ ...opened, status: 'ready' });
  faultPoint('session.written');
  return { ...session, ...opened };
}

/** The link with which a person opens the session in the browser. Never with the bearer token in it. */
async function linkWorkspace(work: Work, session: SessionRow, who: Identity): Promise<void> {
  const { config, nemo } = work.deps;
  const ids = { task_id: session.task_id, session_id: session.upstream_id ?? '' };
  const url = await nemo.claimToken(who, ids, work.signal).then(
    (token) => `${config.NEMO_WEB_URL}/workspace/claim?ct=${encodeURIComponent(token)}`,
    (error) => {
      if (!isRefused(error)) throw error;
      const query = new URLSearchParams({
        task: ids.task_id ?? '',
        session: ids.session_id,
        skill_name: who.skill.source,
        skill_version: who.skill.version,
        skill_source: who.skill.platform,
      });
      return `${config.NEMO_WEB_URL}/workspace/claim?${query}`;
    },
  );
  await work.writeSession({ workspace_url: url });
}

/** An upstream that makes no claim tokens, or none for this session: a link without one is better than no job. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof UpstreamError) || error.answer === null) return false;
  const { remedy } = upstreamPolicy(error.answer);
  return remedy === 'none' || remedy === 'renew_session';
}
