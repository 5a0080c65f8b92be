import type { TimelineChange, TurnEnd } from './job.ts';
import type { SessionState } from './session-state.ts';
import { diffStates, stateFingerprint } from './state-diff.ts';
import type { TurnFold } from './stream/fold.ts';
import { answeredSinceError, turnText } from './stream/words.ts';

export type TurnOutcome =
  | {
      kind: 'done';
      /** The agent's words as they came, '' where it said nothing. */
      text: string;
      changes: TimelineChange[];
      /** Done without a word. */
      silent: boolean;
      /** The words break off. */
      incomplete: boolean;
    }
  | { kind: 'failed'; code: 'agent_error' | 'no_change'; detail: string }
  /** Nothing shows what the turn did, or will do: read the state again. */
  | { kind: 'undecided' };

/**
 * What a turn did, from what its stream said and the states around it (api.md, Jobs; sse.md, section 4). `fold` is
 * null where nothing was heard of the stream. After a lost stream give it a state that is known to be stable
 * (`decideRecovery`): one changed read may be the first of two stages.
 */
export function decideTurn(input: {
  fold: TurnFold | null;
  end: TurnEnd;
  before: SessionState;
  after: SessionState;
}): TurnOutcome {
  const { fold, end, before, after } = input;
  const words = fold ? turnText(fold) : { text: '', incomplete: false };
  const silent = words.text === '';
  if (stateFingerprint(before) !== stateFingerprint(after)) {
    return { kind: 'done', ...words, changes: diffStates(before, after), silent };
  }
  // A fatal frame is the run's own end, whatever became of the connection behind it.
  if (fold?.fatal) return { kind: 'failed', code: 'agent_error', detail: fold.fatal.message };
  // Nothing was understood: no proof that a turn ran. Of a lost stream not even a whole answer proves that it was
  // the last one (sse.md, trap 2): the agent may be at work, and its change and its charge may come yet. The words
  // stay in the fold.
  if (!fold || end !== 'closed' || fold.frames === fold.unreadable) return { kind: 'undecided' };

  const error = fold.errors.at(-1);
  if (error && !answeredSinceError(fold)) {
    return { kind: 'failed', code: 'agent_error', detail: [error.code, error.message].filter(Boolean).join(': ') };
  }
  if (!silent) return { kind: 'done', ...words, changes: [], silent };
  return { kind: 'failed', code: 'no_change', detail: 'The agent ended its turn without a word and changed nothing' };
}
