import { now } from '../lib/clock.ts';
import { readSessionFiles } from '../lib/domain/session-files.ts';
import { readSessionState } from '../lib/domain/session-state.ts';
import { isExportable, timelineView } from '../lib/domain/timeline/timeline.ts';
import type { ApiDeps } from './deps.ts';
import { liveRead, unreadable } from './live-read.ts';

/** The columns of a session that tell where its state is. */
type SessionRecord = {
  id: string;
  account_id: string | null;
  upstream_id: string | null;
  skill: string;
  state: unknown;
  state_at: Date | null;
};

/** What a session holds upstream: `data` as it came, null for one that was never opened. */
type SessionReading = { data: unknown; at: Date; stale: boolean };

/**
 * The state of a session: live, else as it was last stored. A live one is not stored: during a turn, the stored one is
 * what the turn is compared with. Throws unavailable when there is neither.
 */
export async function readSession(deps: ApiDeps, row: SessionRecord): Promise<SessionReading> {
  const { account_id: accountId, upstream_id: upstreamId } = row;
  if (accountId === null || upstreamId === null) return { data: null, at: now(), stale: false };
  const live = await liveRead(deps, { accountId, skill: row.skill }, (who, signal) =>
    deps.nemo.state(who, upstreamId, signal),
  );
  if (live) return { data: live, at: now(), stale: false };
  if (row.state === null || row.state_at === null) throw unreadable('session');
  return { data: row.state, at: row.state_at, stale: true };
}

/** The state of a session as clients see it. Throws unavailable as `readSession` does. */
export async function readStateView(deps: ApiDeps, row: SessionRecord) {
  const { data, at, stale } = await readSession(deps, row);
  const state = readSessionState(data);
  return {
    object: 'session_state' as const,
    session_id: row.id,
    timeline: timelineView(state),
    canvas: state.canvas,
    media: state.media.map(({ url, kind }) => ({ url, kind })),
    files: readSessionFiles(data),
    ready_for_export: isExportable(state),
    as_of: at.toISOString(),
    stale,
  };
}
