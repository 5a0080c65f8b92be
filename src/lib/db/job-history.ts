import type { JobEventType } from '../domain/event-types.ts';
import type { JobRecord, Progress } from '../domain/job.ts';
import type { Queryable } from './database.ts';

/** One stored event of a job. */
export type StoredEvent = {
  job_id: string;
  seq: number;
  type: JobEventType;
  phase: string | null;
  at: Date;
  body: unknown;
};

/** What is known of a job that somebody watches. */
export type Watched = { jobId: string; seq: number };

/** The stored events of jobs after the seq that is known of each, oldest first. */
export async function eventsAfter(db: Queryable, watched: readonly Watched[]): Promise<StoredEvent[]> {
  const { rows } = await db.query<StoredEvent>({
    name: 'events_after',
    text: `SELECT event.job_id, event.seq, event.type, event.phase, event.at, event.body
      FROM unnest($1::text[], $2::int[]) AS known(job_id, seq)
      JOIN public.event ON event.job_id = known.job_id AND event.seq > known.seq
      ORDER BY event.job_id, event.seq`,
    values: [watched.map((job) => job.jobId), watched.map((job) => job.seq)],
  });
  return rows;
}

/** The progress of jobs that have not ended. */
export async function progressOf(
  db: Queryable,
  jobIds: readonly string[],
): Promise<{ id: string; progress: Progress }[]> {
  const { rows } = await db.query<{ id: string; progress: Progress }>({
    name: 'progress_of',
    text: 'SELECT id, progress FROM public.job WHERE id = ANY($1::text[]) AND finished_at IS NULL',
    values: [jobIds],
  });
  return rows;
}

/** Jobs as they are, in the order of their ids; null for one that is gone. */
export async function watchedJobs(db: Queryable, ids: readonly string[]): Promise<(JobRecord | null)[]> {
  const { rows } = await db.query<JobRecord>({
    name: 'watched_jobs',
    text: 'SELECT * FROM public.job WHERE id = ANY (ARRAY (SELECT unnest($1::text[])))',
    values: [[...new Set(ids)]],
  });
  const jobs = new Map(rows.map((job) => [job.id, job]));
  return ids.map((id) => jobs.get(id) ?? null);
}
