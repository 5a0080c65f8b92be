import type { JobRecord, Progress } from '../domain/job.ts';
import type { Queryable } from './database.ts';
import { WITHOUT_WAITING } from './synchronous-commit.ts';

/** A job as its worker leaves it. */
export type Given = { job: JobRecord; progress: Progress };

/**
 * Gives jobs back as they are, to whoever takes up their entries of the queue next; fenced by their owner. Nobody waits for the
 * disk: what is lost with the server is still leased, and taken up when that runs out.
 * @returns whether each is given back, in their order; one that is not was lost.
 */
export async function giveBack(db: Queryable, given: readonly Given[]): Promise<boolean[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'give_back',
    text: `WITH back AS (
      UPDATE public.job SET lease_until = NULL, owner = NULL, progress = given.progress
      FROM unnest($1::text[], $2::text[], $3::json[]) AS given(id, owner, progress)
      WHERE job.id = ANY ($1) AND job.id = given.id AND job.owner = given.owner
        AND COALESCE(job.finished_at IS NULL, false)
      RETURNING job.id
      ) SELECT back.id FROM back, ${WITHOUT_WAITING}`,
    values: [
      given.map(({ job }) => job.id),
      given.map(({ job }) => job.owner),
      given.map(({ progress }) => JSON.stringify(progress)),
    ],
  });
  const done = new Set(rows.map(({ id }) => id));
  return given.map(({ job }) => done.has(job.id));
}
