import type pg from 'pg';
import { transaction } from '../db/database.ts';
import { claimKey, type RequestKey } from '../db/idempotency-keys.ts';
import { newId } from '../ids.ts';

/** A session of the client's own, for jobs to come; it is opened upstream by the first of them. Throws KeyTaken. @returns its id. */
export function createSession(
  pool: pg.Pool,
  session: { tenantId: string; skill: string; language: string | null; name: string | null },
  key: RequestKey | null,
): Promise<string> {
  const id = newId('ses');
  return transaction(pool, async (client) => {
    await claimKey(client, key, [id]);
    await client.query(
      'INSERT INTO public.session (id, tenant_id, skill, language, name) VALUES ($1, $2, $3, $4, $5)',
      [id, session.tenantId, session.skill, session.language, session.name],
    );
    return id;
  });
}
