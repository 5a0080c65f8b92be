import { answerSteps } from '../answer.ts';
import type { Story } from '../story.ts';

/** The agent answers in words and changes nothing, whatever it was asked. */
export const text: Story = { kind: 'answer', steps: answerSteps };
