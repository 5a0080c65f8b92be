import { randomUUID } from 'node:crypto';
import type { ToolCall } from '../stories/story.ts';

/** A call of an agent's tool, with an id as adk-js gives them. */
export function toolCall(name: string, args: Record<string, unknown>): ToolCall {
  return { id: `adk-${randomUUID()}`, name, args };
}
