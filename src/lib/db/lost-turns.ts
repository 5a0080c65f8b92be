import type { JobRecord } from '../domain/job.ts';
import type { Queryable } from './database.ts';

/**
 * The message that an earlier try of a retried job sent last, and nobody saw arrive: the hash of the state before it.
 * Null where none was sent, or where something else has changed the session since: then the state tells nothing.
 */
export async function findLostTurn(db: Queryable, retry: JobRecord): Promise<{ stateBeforeHash: string } | null> {
  const { rows } = await db.query<{ state_before_hash: string | null }>(
    `WITH RECURSIVE earlier AS (
       SELECT * FROM public.job WHERE id = $1
       UNION ALL
       SELECT job.* FROM earlier JOIN public.job ON job.id = earlier.retry_of
     ), lost AS (
       SELECT * FROM earlier WHERE sent_at IS NOT NULL ORDER BY sent_at DESC LIMIT 1
     )
     SELECT state_before_hash FROM lost
     WHERE NOT EXISTS (
       SELECT 1 FROM public.job AS other WHERE other.session_id = lost.session_id AND other.id <> lost.id
         AND CASE other.type WHEN 'generate' THEN other.sent_at WHEN 'upload' THEN other.finished_at END > lost.sent_at
     )`,
    [retry.retry_of],
  );
  const hash = rows[0]?.state_before_hash ?? null;
  return hash === null ? null : { stateBeforeHash: hash };
}
