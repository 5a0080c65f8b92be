import type { JobRecord, Progress } from '../domain/job.ts';
import type { Queryable } from './database.ts';
import { WITHOUT_WAITING } from './synchronous-commit.ts';

/** A job that looked and found nothing new: it goes on waiting, and is due in so many ms. */
export type Parked = { job: JobRecord; progress: Progress; dueInMs: number };

/**
 * Gives jobs back to their entries in the queue until they look again; nothing that a client can see of them changes
 * but the progress. Fenced like every write of a job (job-writes.ts), and due earlier when a deadline comes before.
 * @returns whether each is parked, in their order; one whose row has changed meanwhile is not.
 */
export async function parkAgain(db: Queryable, parked: readonly Parked[]): Promise<boolean[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'park_again',
    text: `WITH again AS (
      UPDATE public.job
      SET progress = parked.progress, due_at = LEAST(deadline_at, now() + parked.due_in_ms * interval '1 ms'),
          lease_until = NULL, owner = NULL, failures = 0, failing_since = NULL
      FROM unnest($1::text[], $2::text[], $3::int[], $4::json[], $5::int[])
        AS parked(id, owner, seq, progress, due_in_ms)
      WHERE job.id = ANY ($1) AND job.id = parked.id AND job.owner = parked.owner AND job.seq = parked.seq
        AND COALESCE(job.finished_at IS NULL AND job.cancel_requested_at IS NULL, false)
      RETURNING job.id
      ) SELECT again.id FROM again, ${WITHOUT_WAITING}`,
    values: [
      parked.map(({ job }) => job.id),
      parked.map(({ job }) => job.owner),
      parked.map(({ job }) => job.seq),
      parked.map(({ progress }) => JSON.stringify(progress)),
      parked.map(({ dueInMs }) => dueInMs),
    ],
  });
  const done = new Set(rows.map(({ id }) => id));
  return parked.map(({ job }) => done.has(job.id));
}
