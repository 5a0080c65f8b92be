import { Refusal } from '../refusal.ts';
import type { Story } from '../story.ts';

/** A success, but no stream; nothing has happened. */
export const wrongType: Story = { refuse: () => new Refusal(200, { code: 0 }) };
