import type { Queryable } from '../db/database.ts';
import { newId } from '../ids.ts';

/** A session of the client's own, for jobs to come; it is opened upstream by the first of them. @returns its id. */
export async function createSession(
  db: Queryable,
  session: { tenantId: string; skill: string; language: string | null; name: string | null },
): Promise<string> {
  const id = newId('ses');
  await db.query('INSERT INTO public.session (id, tenant_id, skill, language, name) VALUES ($1, $2, $3, $4, $5)', [
    id,
    session.tenantId,
    session.skill,
    session.language,
    session.name,
  ]);
  return id;
}
