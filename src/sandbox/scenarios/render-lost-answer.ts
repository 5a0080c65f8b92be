import type { Story } from '../story.ts';

/** The session's next submit is taken, and the connection is reset before the answer. */
export const renderLostAnswer: Story = { renders: { firstSubmit: 'unanswered' } };
