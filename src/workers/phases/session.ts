import type { SessionPatch } from '../../lib/db/sessions.ts';
import { assetsOf, languageOf } from '../../lib/domain/job.ts';
import { upstreamPolicy } from '../../lib/domain/upstream-errors.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import type { Identity } from '../../lib/nemo/transport.ts';
import { UpstreamError } from '../../lib/nemo/upstream-error.ts';
import type { Step, Work } from '../work.ts';
import { afterConversation } from './conclude.ts';

/** Account, token and session: after it, there is someone to talk to. */
export async function openSession(work: Work): Promise<Step> {
  work.report('Connecting');
  const { session } = work;
  const accountId =
    session.account_id ?? work.account?.account_id ?? (await work.deps.accounts.resolve(work.job.tenant_id));
  // Asked for meanwhile; what is wrong with it is heard of afterwards.
  const identity = work.identity(accountId);
  identity.catch(() => undefined);
  await work.enter('session', work.job.account_id === accountId ? {} : { account_id: accountId });
  const who = await identity;
  if (session.upstream_id === null) await openUpstream(work, accountId, who);
  else if (session.status === 'lost') await findAgain(work, session.upstream_id, who);
  if (work.session.workspace_url === null)
    await work.writeSession({ workspace_url: await linkWorkspace(work, work.session, who) });
  work.report('Ready');
  // A retry of a job whose message was answered goes on from there.
  if (work.job.turn_state === 'done') return afterConversation(work);
  if (work.job.type === 'export') return { kind: 'go', phase: 'render' };
  return { kind: 'go', phase: assetsOf(work.job.input).length > 0 ? 'upload' : 'converse' };
}

async function openUpstream(work: Work, accountId: string, who: Identity): Promise<void> {
  const language = work.session.language ?? languageOf(work.job.input);
  faultPoint('session.opening');
  const answer = await work.deps.nemo.createSession(who, language, work.signal);
  faultPoint('session.opened');
  await work.nameUser(accountId, answer.user_id);
  const ids = { task_id: answer.task_id, upstream_id: answer.session_id };
  const opened: SessionPatch = { ...ids, account_id: accountId, language, status: 'ready' };
  try {
    opened.workspace_url = await linkWorkspace(work, ids, who);
  } finally {
    // Whatever becomes of the link: the session is there.
    await work.writeSession(opened);
    faultPoint('session.written');
  }
}

/**
 * A session that was lost is looked for before anything is done in it: the tenant may have put its account's token back.
 * Throws UpstreamError where it is still gone.
 */
async function findAgain(work: Work, upstreamId: string, who: Identity): Promise<void> {
  await work.deps.nemo.state(who, upstreamId, work.signal);
  await work.writeSession({ status: 'ready' });
}

/** The link with which a person opens the session in the browser. Never with the bearer token in it. */
async function linkWorkspace(
  work: Work,
  session: { task_id: string | null; upstream_id: string | null },
  who: Identity,
): Promise<string> {
  const { config, nemo } = work.deps;
  const ids = { task_id: session.task_id, session_id: session.upstream_id ?? '' };
  return nemo.claimToken(who, ids, work.signal).then(
    (token) => `${config.NEMO_WEB_URL}/workspace/claim?ct=${encodeURIComponent(token)}`,
    (error) => {
      if (!isRefused(error)) throw error;
      const query = new URLSearchParams({
        task: ids.task_id ?? '',
        session: ids.session_id,
        skill_name: who.skill.name,
        skill_version: who.skill.version,
        skill_source: who.skill.platform,
      });
      return `${config.NEMO_WEB_URL}/workspace/claim?${query}`;
    },
  );
}

/** An upstream that makes no claim tokens, or none for this session: a link without one is better than no job. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof UpstreamError) || error.answer === null) return false;
  const { remedy } = upstreamPolicy(error.answer);
  return remedy === 'none' || remedy === 'renew_session';
}
