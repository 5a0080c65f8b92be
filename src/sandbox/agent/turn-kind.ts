import { hasDraft, type SessionState } from '../session.ts';

/** What the agent makes of a message. */
export type TurnKind = 'generation' | 'edit' | 'answer';

/** In credits (nemovideo-api.md, "GET /api/credits/balance/simple"). */
export const COSTS: Readonly<Record<TurnKind, number>> = { generation: 100, edit: 50, answer: 0 };

/** A question is answered; anything else makes a video, or edits the one that is there. */
export function turnKind(words: string, state: SessionState): TurnKind {
  if (/[?？]$/.test(words)) return 'answer';
  return hasDraft(state.draft) ? 'edit' : 'generation';
}
