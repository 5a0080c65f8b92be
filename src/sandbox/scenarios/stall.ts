import { ordinaryRun } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/** Longer than the 10 minutes after which a client may give up; the run still ends within the upstream's 15. */
const SILENT_MS = 11 * 60_000;

/** Headers, then not a byte for a long time; then all is done, whether or not anybody listens. */
export const stall: Story = {
  *steps(work) {
    yield { does: 'wait', ms: SILENT_MS, isSilent: true };
    yield* ordinaryRun(work);
  },
};
