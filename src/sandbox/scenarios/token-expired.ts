import { refusal } from '../refusal.ts';
import type { Story } from '../story.ts';

/** The token expires with the message, once for each text. A registered one is only refused. */
export const tokenExpired: Story = {
  refuse({ text, refused, expireToken }) {
    if (refused.has(text)) return null;
    refused.add(text);
    expireToken();
    return refusal(401, 1001, 'token has expired');
  },
};
