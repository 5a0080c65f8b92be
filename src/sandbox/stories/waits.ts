import { ordinaryRun } from '../agent/ordinary-run.ts';
import type { Stories } from './story.ts';

/** Below the 10 minutes after which a client may give up. */
const QUIET_MS = 8 * 60_000;
/** nemovideo-api.md, "POST /run_sse": the hard limit. */
const LIMIT_MS = 15 * 60_000;
/** Longer than the 10 minutes after which a client may give up; the run still ends within the upstream's 15. */
const SILENT_MS = 11 * 60_000;
/** Until then the credits are reserved, and nothing of the total is gone. */
const HELD_MS = 20_000;

/** All takes long. */
export const waitStories: Stories = {
  /** A long time of nothing but heartbeats, then all goes well. */
  heartbeats: {
    *steps(work) {
      yield { does: 'wait', ms: QUIET_MS };
      yield* ordinaryRun(work);
    },
  },

  /** Nothing but heartbeats until the upstream's own limit; nothing is done and nothing charged. */
  'heartbeats-only': { isFree: true, steps: () => [{ does: 'wait', ms: LIMIT_MS }] },

  /** Headers, then not a byte for a long time; then all is done, whether or not anybody listens. */
  stall: {
    *steps(work) {
      yield { does: 'wait', ms: SILENT_MS, isSilent: true };
      yield* ordinaryRun(work);
    },
  },

  /** All goes well, and the balance shows it only a while after the stream has closed. */
  'credits-slow': { settlesAfterMs: HELD_MS },
};
