import type { Story } from '../story.ts';
import { toolCall } from '../tool-call.ts';

/** A tool answers with an error, which is ordinary data (sse.md, trap 10), and the agent explains it. */
export const toolError: Story = {
  isFree: true,
  *steps({ pace }) {
    const call = toolCall('edit_multitrack', { op: 'add_bgm', mood: 'calm' });
    yield { does: 'wait', ms: 2_000 * pace };
    yield { does: 'call', call };
    yield { does: 'wait', ms: 6_000 * pace };
    const error = "Error in tool 'edit_multitrack': no audio source for mood calm";
    yield { does: 'result', call, response: { error }, writes: {} };
    yield { does: 'wait', ms: 2_000 * pace };
    yield { does: 'say', text: 'I found no music for this mood, so nothing was changed. Which mood would you like?' };
  },
};
