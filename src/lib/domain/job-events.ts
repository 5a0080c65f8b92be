import type { JobEventType } from './event-types.ts';
import { TERMINAL_STATUSES, type TerminalStatus } from './job.ts';

/** The event with which a job ends. */
export function terminalEvent(status: TerminalStatus): JobEventType {
  return `job.${status}`;
}

/** Whether nothing comes after an event of this type. */
export function endsJob(type: JobEventType): boolean {
  return TERMINAL_STATUSES.some((status) => terminalEvent(status) === type);
}
