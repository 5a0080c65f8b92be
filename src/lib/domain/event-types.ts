/**
 * Every type of event. `public`: it goes out by webhook to those who ask for it, `GET /v1/events` has it, and its body
 * is whole (a job's is the job). `byDefault`: webhooks get it unless they choose (the REST contract, "Webhooks").
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

/** What happens to the tenant and not to one job. */
const TENANT_EVENTS = {
  'batch.completed': { public: true, byDefault: true },
  'credits.low': { public: true, byDefault: false },
  'endpoint.disabled': { public: true, byDefault: false },
  'webhook.test': { public: true, byDefault: false },
} as const;

/** Tells of a job, but is no part of its history: it has no seq, is sent once, and is not kept for pulling. */
export const PROGRESS_EVENT = 'job.progress';

const EVENTS = { ...JOB_EVENTS, [PROGRESS_EVENT]: { public: true, byDefault: false }, ...TENANT_EVENTS } as const;

/** The events of a job's history. */
export type JobEventType = keyof typeof JOB_EVENTS;
export type TenantEventType = keyof typeof TENANT_EVENTS;
export type EventType = keyof typeof EVENTS;

const TYPES = Object.keys(EVENTS) as EventType[];

/** The types that a webhook may ask for. */
export const PUBLIC_EVENTS: readonly EventType[] = TYPES.filter(isPublic);

/** The types that a webhook gets when it names none. */
export const DEFAULT_EVENTS: readonly EventType[] = TYPES.filter(isByDefault);

/** The types that `GET /v1/events` gives. */
export const PULLED_EVENTS: readonly EventType[] = PUBLIC_EVENTS.filter((type) => type !== PROGRESS_EVENT);

/** Whether an event of this type may go out by webhook. */
export function isPublic(type: EventType): boolean {
  return EVENTS[type].public;
}

/** Whether a webhook that names no types is told of this one. */
export function isByDefault(type: EventType): boolean {
  return EVENTS[type].byDefault;
}

/** Whether a webhook with these `events` (none: the default ones) is told of an event of this type. */
export function isWanted(type: EventType, events: readonly string[]): boolean {
  return isPublic(type) && (events.length > 0 ? events.includes(type) : isByDefault(type));
}
