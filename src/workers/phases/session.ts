import type { SessionPatch } from '../../lib/db/sessions.ts';
import { assetsOf, languageOf } from '../../lib/domain/job.ts';
import { upstreamPolicy } from '../../lib/domain/upstream-errors.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import type { SessionAnswer } from '../../lib/nemo/answers.ts';
import type { Identity } from '../../lib/nemo/transport.ts';
import { UpstreamError } from '../../lib/nemo/upstream-error.ts';
import { meanwhile } from '../meanwhile.ts';
import type { Step, Work } from '../work.ts';
import { afterConversation } from './conclude.ts';
import { readBefore } from './read-before.ts';

/** Account, token and session: after it, there is someone to talk to. */
export async function openSession(work: Work): Promise<Step> {
  work.report('Connecting');
  // Of a session that is being replaced, nothing may be compared with.
  work.before = null;
  const { session } = work;
  const accountId =
    session.account_id ?? work.account?.account_id ?? (await work.deps.accounts.resolve(work.job.tenant_id));
  const entered = work.enter('session', work.job.account_id === accountId ? {} : { account_id: accountId });
  const opening = meanwhile(work.identity(accountId).then((who) => openAt(work, who)));
  await entered;
  const { who, opened } = await opening;
  if (opened !== null) await keepOpened(work, accountId, who, opened);
  else if (session.status === 'lost') await findAgain(work, who);
  if (work.session.workspace_url === null)
    await work.writeSession({ workspace_url: await linkWorkspace(work, work.session, who) });
  work.report('Ready');
  // A retry of a job whose message was answered goes on from there.
  if (work.job.turn_state === 'done') return afterConversation(work);
  return { kind: 'go', phase: phaseAfter(work) };
}

function phaseAfter({ job }: Work): 'render' | 'upload' | 'converse' {
  if (job.type === 'export') return 'render';
  return assetsOf(job.input).length > 0 ? 'upload' : 'converse';
}

/** The caller, and a new session upstream where there is none yet: it costs nothing, so it need not wait for the row. */
async function openAt(work: Work, who: Identity): Promise<{ who: Identity; opened: SessionAnswer | null }> {
  if (work.session.upstream_id !== null) return { who, opened: null };
  faultPoint('session.opening');
  const opened = await work.deps.nemo.createSession(who, languageFor(work), work.signal);
  faultPoint('session.opened');
  return { who, opened };
}

function languageFor({ session, job }: Work): string {
  return session.language ?? languageOf(job.input);
}

async function keepOpened(work: Work, accountId: string, who: Identity, opened: SessionAnswer): Promise<void> {
  const ids = { task_id: opened.task_id, upstream_id: opened.session_id };
  await work.nameUser(accountId, opened.user_id);
  const patch: SessionPatch = { ...ids, account_id: accountId, language: languageFor(work), status: 'ready' };
  try {
    patch.workspace_url = await linkWorkspace(work, ids, who);
    // The message comes next.
    if (phaseAfter(work) === 'converse')
      work.before = meanwhile(readBefore(work, { accountId, upstreamId: opened.session_id, who }));
  } finally {
    // Whatever becomes of the link: the session is there.
    await work.writeSession(patch);
    faultPoint('session.written');
  }
}

/**
 * A session that was lost is looked for before anything is done in it: the tenant may have put its account's token back.
 * Throws UpstreamError where it is still gone.
 */
async function findAgain(work: Work, who: Identity): Promise<void> {
  await work.deps.nemo.state(who, work.session.upstream_id ?? '', work.signal);
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
