import { readSessionState } from '../../lib/domain/session-state.ts';
import { diffStates } from '../../lib/domain/state-diff.ts';
import type { TurnFold } from '../../lib/domain/stream/fold.ts';
import { turnText } from '../../lib/domain/stream/words.ts';
import type { Identity } from '../../lib/nemo/transport.ts';
import { JobLost, type Work } from '../work.ts';
import { turnResult } from './turn-result.ts';

/** The first video is in the state when its tool has answered; a server that is slow to write gets two more looks. */
const MAX_LOOKS = 3;

export type Preview = {
  /** To be called after every payload; looks at the state when a tool has answered since. */
  notice(fold: TurnFold): void;
  /** Waits for a look under way. Afterwards nothing is written by it any more. */
  stop(): Promise<void>;
};

/**
 * Generation has two stages: the raw video is in the state minutes before music and title are. Tells of it once, with
 * `job.preview_ready`, while the turn goes on. What it cannot read or write is the turn's own business later.
 */
export function watchForPreview(work: Work, who: Identity): Preview {
  let answered = 0;
  let looks = 0;
  let done = false;
  let look: Promise<void> = Promise.resolve();

  const { session } = work;
  const lookNow = async (fold: TurnFold) => {
    const after = readSessionState(await work.deps.nemo.state(who, session.upstream_id ?? '', work.signal));
    // Of the session as it was when the message was sent; read only now, it takes no memory until then.
    const before = readSessionState(session.state);
    const known = new Set(before.media.map((media) => media.url));
    if (done || !after.media.some((media) => media.kind === 'video' && !known.has(media.url))) return;
    done = true;
    const turn = { text: turnText(fold).text, changes: diffStates(before, after) };
    const result = turnResult(turn, after, session.workspace_url);
    await work.write({ set: { result }, event: 'job.preview_ready' });
  };
  return {
    notice(fold) {
      const news = fold.toolResponses > answered;
      answered = fold.toolResponses;
      if (!news || done || looks === MAX_LOOKS) return;
      looks += 1;
      look = look
        .then(() => lookNow(fold))
        .catch((error) => {
          const { id: job_id, session_id } = work.job;
          if (!(error instanceof JobLost)) work.deps.log.warn({ job_id, session_id, err: error }, 'no preview');
        });
    },
    async stop() {
      await look;
      done = true;
    },
  };
}
