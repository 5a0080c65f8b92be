import { monotonicMs, now } from '../../lib/clock.ts';
import { beginTurn } from '../../lib/commands/begin-turn.ts';
import { withdrawTurn } from '../../lib/commands/end-turn.ts';
import { sha256 } from '../../lib/crypto.ts';
import type { GenerateInput } from '../../lib/domain/job.ts';
import { writeMessage } from '../../lib/domain/prompt.ts';
import { readSessionState } from '../../lib/domain/session-state.ts';
import { stateFingerprint } from '../../lib/domain/state-diff.ts';
import { emptyFold, foldPayload, type TurnFold } from '../../lib/domain/stream/fold.ts';
import { provesUnsent } from '../../lib/domain/upstream-errors.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import type { Identity } from '../../lib/nemo/transport.ts';
import { runTurn, type TurnEnding } from '../../lib/nemo/turn.ts';
import { UpstreamError } from '../../lib/nemo/upstream-error.ts';
import { readBalance } from '../balance.ts';
import { meanwhile } from '../meanwhile.ts';
import { freshTries, type Step, type Work } from '../work.ts';
import { afterConversation, concludeTurn, stateAfter } from './conclude.ts';
import { takeLostTurn } from './lost-turn.ts';
import { lackCredits, stillLacksCredits } from './no-credits.ts';
import { openedSession } from './opened-session.ts';
import { type Preview, watchForPreview } from './preview.ts';
import { readBefore } from './read-before.ts';
import { recoverTurn, SEND_WINDOW_MS } from './recover-turn.ts';

/** Sends the message, once, and listens to the end (architecture.md, "The money rule"). */
export async function converse(work: Work): Promise<Step> {
  if (work.job.turn_state === 'sending') return recoverTurn(work);
  if (work.job.turn_state === 'done') return afterConversation(work);
  if (work.job.turn_state === 'closed') return concludeTurn(work, stateAfter(work));
  const message = await beginMessage(work);
  return 'kind' in message ? message : sendMessage(work, message);
}

/** A message whose turn was begun: until `openBefore` it may be sent. */
type Message = { who: Identity; sessionId: string; openBefore: number };

/** What comes before a message, and the commit after which it may be on its way; or what is to be done instead. */
async function beginMessage(work: Work): Promise<Message | Step> {
  const { who, accountId, upstreamId } = await openedSession(work);

  const waits = await stillLacksCredits(work, accountId, () => readBalance(work, accountId, who));
  if (waits) return waits;
  const ahead = work.before;
  work.before = null;
  const { state, credits } = await (ahead ?? readBefore(work, { accountId, upstreamId, who }));
  const before = readSessionState(state);
  // Before anything can be refused for want of credits: the link to register carries the name.
  await work.nameUser(accountId, before.userId);
  const arrived = await takeLostTurn(work, state);
  if (arrived) return arrived;
  if (credits.available <= 0) return lackCredits(work, 'converse', accountId, credits);

  const stateHash = sha256(stateFingerprint(before));
  faultPoint('turn.prepared');
  const committing = monotonicMs();
  work.accept(
    await beginTurn(
      work.deps.db.pool,
      work.job,
      { state, stateHash, credits },
      { progress: work.progress, upstreamId, turnMs: work.deps.config.SSE_TOTAL_TIMEOUT },
    ),
    { state },
  );
  return { who, sessionId: upstreamId, openBefore: committing + SEND_WINDOW_MS };
}

/** A function of its own: what was needed until here is not kept while thousands listen for minutes. */
async function sendMessage(work: Work, message: Message): Promise<Step> {
  faultPoint('turn.sending');
  const { SSE_TOTAL_TIMEOUT, SSE_IDLE_TIMEOUT, NEMO_API_URL } = work.deps.config;
  const fold = emptyFold();
  const listener = listen(work, fold, watchForPreview(work, message.who));
  const turn = {
    ...message,
    baseUrl: NEMO_API_URL,
    text: messageOf(work.job.input as GenerateInput),
    idleMs: SSE_IDLE_TIMEOUT,
    totalMs: SSE_TOTAL_TIMEOUT,
    signal: work.signal,
    onPayload: listener.hear,
  };
  const ending = await work.aside(() => runTurn(turn).finally(listener.stop));
  faultPoint('turn.ended');
  return afterTurn(work, fold, ending);
}

/** The words that are sent: the upstream has no fields for options. */
function messageOf({ prompt, options, language }: GenerateInput): string {
  return writeMessage(prompt, options ?? {}, language);
}

async function afterTurn(work: Work, fold: TurnFold, ending: TurnEnding): Promise<Step> {
  if (ending.kind === 'not_sent') {
    work.accept(await withdrawTurn(work.deps.db.pool, work.job));
    throw new UpstreamError('POST /run_sse', ending.cause.message, { cause: ending.cause });
  }
  if (ending.kind === 'answered' && provesUnsent(ending.answer)) {
    work.accept(await withdrawTurn(work.deps.db.pool, work.job));
    throw new UpstreamError('POST /run_sse', `HTTP ${ending.answer.status}`, { answer: ending.answer });
  }
  // A stream of which nothing was understood proves neither that a turn ran nor that it is over.
  if (ending.kind === 'closed' && fold.frames > fold.unreadable) {
    const state = meanwhile(stateAfter(work));
    const set = { turn_state: 'closed', turn_end: 'closed', turn_fold: fold, ...freshTries(work.job) } as const;
    await work.write({ set, stamp: ['turn_ended_at'] });
    faultPoint('turn.closed');
    work.deps.credits.paid(work.job.account_id ?? '');
    return concludeTurn(work, state);
  }
  const end = ending.kind === 'answered' ? 'lost' : ending.kind;
  return recoverTurn(work, { turn_end: end, turn_fold: fold });
}

/** Folds the stream and keeps the progress; speaks up itself when the upstream is silent for long. */
function listen(work: Work, fold: TurnFold, preview: Preview) {
  const stillWorking = setInterval(() => work.report('Still working'), work.deps.config.STILL_WORKING_INTERVAL);
  return {
    hear(payload: string): boolean {
      const kind = foldPayload(fold, payload);
      faultPoint('turn.streaming');
      if (kind === 'heartbeat') return false;
      stillWorking.refresh();
      work.progress = {
        percent: null,
        message: fold.lastTool ?? work.progress.message,
        events: work.progress.events + 1,
        last_event_at: now().toISOString(),
      };
      preview.notice(fold);
      return true;
    },
    async stop() {
      clearInterval(stillWorking);
      await preview.stop();
    },
  };
}
