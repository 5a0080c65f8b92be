import type { Story } from '../story.ts';
import { toolCall } from '../tool-call.ts';

/** A tool runs, changes nothing, and the stream closes without a word; nothing is charged. */
export const noChange: Story = {
  isFree: true,
  *steps({ pace }) {
    const call = toolCall('edit_multitrack', { op: 'inspect' });
    yield { does: 'wait', ms: 2_000 * pace };
    yield { does: 'call', call };
    yield { does: 'wait', ms: 8_000 * pace };
    yield { does: 'result', call, response: { status: 'success', op: 'inspect', changed: [] }, writes: {} };
  },
};
