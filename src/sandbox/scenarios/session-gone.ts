import { sessionNotFound } from '../refusal.ts';
import type { Story } from '../story.ts';

/** The upstream has lost the session, once for each text: sent again to another one, it is a message like any other. */
export const sessionGone: Story = {
  refuse({ text, sessionId, refused, forgetSession }) {
    if (refused.has(text)) return null;
    refused.add(text);
    forgetSession();
    return sessionNotFound(sessionId);
  },
};
