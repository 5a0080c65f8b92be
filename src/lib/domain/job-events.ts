import { TERMINAL_STATUSES, type TerminalStatus } from './job.ts';

/**
 * Every event of a job. `public`: it goes out by webhook to those who ask for its type, and its body is the whole
 * job; the others are the job's history. `byDefault`: webhooks get it unless they choose.
 */
const JOB_EVENTS = {
  'job.queued': { public: false, byDefault: false },
  'job.phase': { public: false, byDefault: false },
  'job.waiting': { public: false, byDefault: false },
  'job.canceling': { public: false, byDefault: false },
  'job.started': { public: true, byDefault: false },
  'job.preview_ready': { public: true, byDefault: false },
  'job.succeeded': { public: true, byDefault: true },
  'job.failed': { public: true, byDefault: true },
  'job.canceled': { public: true, byDefault: true },
  'job.expired': { public: true, byDefault: true },
} as const;

export type JobEventType = keyof typeof JOB_EVENTS;

const TYPES = Object.keys(JOB_EVENTS) as JobEventType[];

/** The types that a webhook may ask for. */
export const PUBLIC_EVENTS: readonly JobEventType[] = TYPES.filter(isPublic);

/** The types that a webhook gets when it names none. */
export const DEFAULT_EVENTS: readonly JobEventType[] = TYPES.filter((type) => JOB_EVENTS[type].byDefault);

/** Whether an event of this type carries the whole job and may go out by webhook. */
export function isPublic(type: JobEventType): boolean {
  return JOB_EVENTS[type].public;
}

/** Whether a webhook with these `events` (none: the default ones) is told of an event of this type. */
export function isWanted(type: JobEventType, events: readonly string[]): boolean {
  return isPublic(type) && (events.length > 0 ? events : DEFAULT_EVENTS).includes(type);
}

/** The event with which a job ends. */
export function terminalEvent(status: TerminalStatus): JobEventType {
  return `job.${status}`;
}

/** Whether nothing comes after an event of this type. */
export function endsJob(type: JobEventType): boolean {
  return TERMINAL_STATUSES.some((status) => terminalEvent(status) === type);
}
