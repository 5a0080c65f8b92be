import type { Story } from '../story.ts';

/** The session's next submit is refused as a duplicate, although nobody has used its id. */
export const renderDuplicate: Story = { renders: { firstSubmit: 'refused' } };
