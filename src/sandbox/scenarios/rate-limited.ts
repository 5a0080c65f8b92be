import { Refusal } from '../refusal.ts';
import type { Story } from '../story.ts';

/** Each text is refused once; sent again, it is a message like any other. */
export const rateLimited: Story = {
  refuse({ text, refused }) {
    if (refused.has(text)) return null;
    refused.add(text);
    return new Refusal(429, { code: 429, message: 'too many requests' }, { 'retry-after': '1' });
  },
};
