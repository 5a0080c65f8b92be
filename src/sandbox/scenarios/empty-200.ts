import type { Story } from '../story.ts';

/** An event stream that closes without a single event (sse.md, trap 11); nothing has happened. */
export const empty200: Story = { isFree: true, steps: () => [] };
