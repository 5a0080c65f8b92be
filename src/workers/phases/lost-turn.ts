import { sha256 } from '../../lib/crypto.ts';
import { findLostTurn } from '../../lib/db/lost-turns.ts';
import { NO_COST } from '../../lib/domain/job.ts';
import { readSessionState } from '../../lib/domain/session-state.ts';
import { diffStates, stateFingerprint } from '../../lib/domain/state-diff.ts';
import type { Step, Work } from '../work.ts';
import { endConversation } from './conclude.ts';
import { turnResult } from './turn-result.ts';

/**
 * Before a retry sends its message again: has the one that was lost arrived meanwhile? Then its result is taken, and
 * nothing is sent (api.md, "retry"). Null where it has not.
 */
export async function takeLostTurn(work: Work, state: unknown): Promise<Step | null> {
  const { pool } = work.deps.db;
  const lost = work.job.retry_of === null ? null : await findLostTurn(pool, work.job);
  const after = readSessionState(state);
  if (lost === null || sha256(stateFingerprint(after)) === lost.stateBeforeHash) return null;
  const before = readSessionState(work.session.state);
  // A later export has stored a newer state: what changed cannot be told any more, only what is there.
  const isKnown = sha256(stateFingerprint(before)) === lost.stateBeforeHash;
  const turn = { text: '', changes: isKnown ? diffStates(before, after) : [] };
  const result = turnResult(turn, after, work.session.workspace_url);
  return endConversation(work, { charged: 'no', cost: NO_COST, result }, state);
}
