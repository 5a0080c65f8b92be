import { readSessionState } from './session-state.ts';
import { timelineView } from './timeline/timeline.ts';

/** `new`: not opened yet; `lost`: the upstream no longer knows it. */
export const SESSION_STATUSES = ['new', 'ready', 'lost'] as const;
export type SessionStatus = (typeof SESSION_STATUSES)[number];

/** The columns of a session that clients see. */
type SessionRecord = {
  id: string;
  name: string | null;
  skill: string;
  language: string | null;
  status: string;
  workspace_url: string | null;
  state: unknown;
  created_at: Date;
};

/** The session as clients see it; its timeline is the last one that was stored. */
export function sessionView(session: SessionRecord) {
  return {
    id: session.id,
    object: 'session' as const,
    name: session.name,
    skill: session.skill,
    language: session.language,
    status: session.status,
    workspace_url: session.workspace_url,
    timeline: session.state === null ? null : timelineView(readSessionState(session.state)),
    created_at: session.created_at.toISOString(),
  };
}
