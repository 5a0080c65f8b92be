import type { Story } from '../story.ts';

/** nemovideo-api.md, "POST /run_sse": the hard limit. */
const LIMIT_MS = 15 * 60_000;

/** Nothing but heartbeats until the upstream's own limit; nothing is done and nothing charged. */
export const heartbeatsOnly: Story = { isFree: true, steps: () => [{ does: 'wait', ms: LIMIT_MS }] };
