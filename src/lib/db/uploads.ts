import type { JobRecord } from '../domain/job.ts';
import type { Queryable } from './database.ts';

/** `planned`: nothing was sent. `sending`: it may have arrived. `done`: the upstream has it. */
type UploadState = 'planned' | 'sending' | 'done';

export type UploadRow = {
  /** An asset id, or the URL of a file that the upstream fetches itself. */
  source: string;
  /** What the file is called upstream. */
  name: string;
  state: UploadState;
  kind: string | null;
  cdn_url: string | null;
};

/**
 * Writes down which files a job will bring into its session, before anything is sent; what is known stays as it is.
 * The ledger is the upstream session's: one that had to be replaced starts with none.
 * @returns all uploads of that session; null when the job was lost, or the session is another one upstream by now (its
 * opening may have been lost with the database server): nothing is brought where nobody would find it.
 */
export async function planUploads(
  db: Queryable,
  job: JobRecord,
  upstreamId: string,
  files: readonly { source: string; name: string }[],
): Promise<UploadRow[] | null> {
  const { rowCount } = await db.query(
    `WITH holder AS (
       SELECT job.id, session_id FROM public.job JOIN public.session ON session.id = session_id AND upstream_id = $3
       WHERE job.id = $1 AND owner = $2 AND finished_at IS NULL
     ), planned AS (
       INSERT INTO public.upload (session_id, upstream_id, source, job_id, name, state)
       SELECT holder.session_id, $3, file.source, holder.id, file.name, 'planned'
       FROM holder CROSS JOIN unnest($4::text[], $5::text[]) AS file(source, name)
       ON CONFLICT DO NOTHING
     )
     SELECT FROM holder`,
    [job.id, job.owner, upstreamId, files.map((file) => file.source), files.map((file) => file.name)],
  );
  if (rowCount !== 1) return null;
  const { rows } = await db.query<UploadRow>(
    `SELECT source, name, state, kind, cdn_url FROM public.upload
     WHERE session_id = $1 AND upstream_id = $2 ORDER BY created_at, source`,
    [job.session_id, upstreamId],
  );
  return rows;
}

/** Moves an upload on, fenced by its job. @returns false when the job was lost. */
export async function moveUpload(
  db: Queryable,
  job: JobRecord,
  upstreamId: string,
  source: string,
  to: { state: 'sending' } | { state: 'done'; kind: string | null; cdn_url: string | null },
): Promise<boolean> {
  const { kind, cdn_url } = to.state === 'done' ? to : { kind: null, cdn_url: null };
  const { rowCount } = await db.query(
    `UPDATE public.upload
     SET state = $5, job_id = holder.id, kind = $6, cdn_url = $7,
         sent_at = CASE WHEN $5 = 'sending' THEN now() ELSE upload.sent_at END,
         done_at = CASE WHEN $5 = 'done' THEN now() END
     FROM public.job AS holder
     WHERE upload.session_id = holder.session_id AND upload.upstream_id = $3 AND upload.source = $4
       AND holder.id = $1 AND holder.owner = $2 AND holder.finished_at IS NULL`,
    [job.id, job.owner, upstreamId, source, to.state, kind, cdn_url],
  );
  return rowCount === 1;
}
