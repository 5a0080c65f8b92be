import type { QueueOptions, WorkerOptions } from 'bullmq';
import { z } from 'zod';
import type { Lane } from '../domain/job.ts';

/** What an entry of a queue holds: ids only, the row is the truth. */
export const Payload = z.object({ job_id: z.string(), dispatch_no: z.number().int() });
export type Payload = z.output<typeof Payload>;

/** A new id for every dispatch: BullMQ silently ignores an id that still exists. Never all digits, no colon. */
export function entryId(queue: Lane, payload: Payload): string {
  return `${payload.job_id}-${queue}-${payload.dispatch_no}`;
}

/** Entries leave nothing behind: Postgres keeps the record. */
export const ENTRY_OPTIONS = {
  removeOnComplete: true,
  removeOnFail: true,
} as const satisfies QueueOptions['defaultJobOptions'];

/**
 * A dead worker's entries start again after lockDuration + 2 * stalledInterval at most: BullMQ marks what has no lock at
 * one look and takes it back at the next. So the last of thousands is claimed again within 20 s (docs/durability.md).
 * Our row decides when to give up.
 */
export const WATCH_OPTIONS = {
  lockDuration: 12_000,
  stalledInterval: 2_000,
  maxStalledCount: 1_000_000,
} as const satisfies Partial<WorkerOptions>;
