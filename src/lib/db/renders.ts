import type { ExportOptions, JobRecord } from '../domain/job.ts';
import { newId } from '../ids.ts';
import type { Queryable } from './database.ts';

/**
 * `planned`: written, nothing sent. `submitting`: a submit may have arrived. `submitted`: the upstream knows it.
 * `canceled`: nobody wants it any more, and the upstream was told.
 */
export type RenderState = 'planned' | 'submitting' | 'submitted' | 'completed' | 'failed' | 'canceled';

/** The number of a render that a retry took over from the try before. */
export const TAKEN_OVER = 0;

export type RenderRow = {
  id: string;
  job_id: string;
  number: number;
  state: RenderState;
  draft: unknown;
  output: ExportOptions;
  output_url: string | null;
  stored_key: string | null;
  stored_type: string | null;
  stored_bytes: number | null;
};

export type LatestRender = RenderRow & { submitted_ms_ago: number };

/** The job's latest render, with the ms since it was submitted; null before the first. */
export async function latestRender(db: Queryable, jobId: string): Promise<LatestRender | null> {
  return (await latestRenders(db, [jobId]))[0] ?? null;
}

/** The latest render of each job, in the order of the ids. */
export async function latestRenders(db: Queryable, jobIds: readonly string[]): Promise<(LatestRender | null)[]> {
  const { rows } = await db.query<LatestRender>({
    name: 'latest_renders',
    // The draft of one that is under way or there is not needed any more, and may be large.
    text: `SELECT DISTINCT ON (job_id) id, job_id, number, state, output, output_url, stored_key, stored_type, stored_bytes,
        CASE WHEN state NOT IN ('submitted', 'completed') THEN draft END AS draft,
        COALESCE(extract(epoch FROM now() - submitted_at) * 1000, 0)::float8 AS submitted_ms_ago
      FROM public.render WHERE job_id = ANY ($1) ORDER BY job_id, number DESC`,
    values: [jobIds],
  });
  const found = new Map(rows.map((row) => [row.job_id, row]));
  return jobIds.map((id) => found.get(id) ?? null);
}

/** Writes down a render before anything is sent: its id, the draft as it is now, the wanted form. Null: the job was lost. */
export async function planRender(
  db: Queryable,
  job: JobRecord,
  plan: { number: number; draft: unknown; output: ExportOptions },
): Promise<RenderRow | null> {
  const { rows } = await db.query<RenderRow>(
    `INSERT INTO public.render (id, job_id, number, state, draft, output)
     SELECT $3, id, $4, 'planned', $5::json, $6::json FROM public.job
     WHERE id = $1 AND owner = $2 AND finished_at IS NULL
     RETURNING *`,
    [job.id, job.owner, newId('render'), plan.number, JSON.stringify(plan.draft), JSON.stringify(plan.output)],
  );
  return rows[0] ?? null;
}

/** Moves a render on, fenced by its job. @returns false when the job was lost. */
export async function moveRender(
  db: Queryable,
  job: JobRecord,
  renderId: string,
  state: RenderState,
  outputUrl: string | null = null,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE public.render
     SET state = $4, output_url = COALESCE($5, output_url),
         submitted_at = CASE WHEN $4 = 'submitted' THEN COALESCE(submitted_at, now()) ELSE submitted_at END,
         finished_at = CASE WHEN $4 IN ('completed', 'failed', 'canceled') THEN now() END
     FROM public.job AS holder
     WHERE render.id = $3 AND render.job_id = $1
       AND holder.id = $1 AND holder.owner = $2 AND holder.finished_at IS NULL`,
    [job.id, job.owner, renderId, state, outputUrl],
  );
  return rowCount === 1;
}

/** Our own copy of a finished file, by the render's id; null where there is none. */
export async function storedOutput(
  db: Queryable,
  renderId: string,
): Promise<{ key: string; contentType: string | null; bytes: number } | null> {
  const { rows } = await db.query<{ key: string; contentType: string | null; bytes: number }>(
    `SELECT stored_key AS key, stored_type AS "contentType", stored_bytes AS bytes
     FROM public.render WHERE id = $1 AND stored_key IS NOT NULL`,
    [renderId],
  );
  return rows[0] ?? null;
}

/** Records where our own copy of a finished file is, fenced by its job. @returns false when the job was lost. */
export async function storeOutput(
  db: Queryable,
  job: JobRecord,
  renderId: string,
  file: { key: string; contentType: string | null; bytes: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE public.render SET stored_key = $4, stored_type = $5, stored_bytes = $6
     FROM public.job AS holder
     WHERE render.id = $3 AND render.job_id = $1
       AND holder.id = $1 AND holder.owner = $2 AND holder.finished_at IS NULL`,
    [job.id, job.owner, renderId, file.key, file.contentType, file.bytes],
  );
  return rowCount === 1;
}

/**
 * Hands the latest render of a job that has ended to its retry: one that may still be there is taken over and looked
 * at first; one that failed or was canceled is planned anew, from the draft and for the form that were stored.
 */
export async function passRenderOn(db: Queryable, fromJobId: string, toJobId: string): Promise<void> {
  const last = await latestRender(db, fromJobId);
  if (last === null) return;
  if (last.state !== 'failed' && last.state !== 'canceled') {
    await db.query('UPDATE public.render SET job_id = $2, number = $3 WHERE id = $1', [last.id, toJobId, TAKEN_OVER]);
    return;
  }
  await db.query(
    `INSERT INTO public.render (id, job_id, number, state, draft, output)
     SELECT $2, $3, 1, 'planned', draft, output FROM public.render WHERE id = $1`,
    [last.id, newId('render'), toJobId],
  );
}
