import { ordinaryRun } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/** Below the 10 minutes after which a client may give up. */
const QUIET_MS = 8 * 60_000;

/** A long time of nothing but heartbeats, then all goes well. */
export const heartbeats: Story = {
  *steps(work) {
    yield { does: 'wait', ms: QUIET_MS };
    yield* ordinaryRun(work);
  },
};
