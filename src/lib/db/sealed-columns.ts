import type { SealPurpose } from '../crypto.ts';
import type { Queryable } from './database.ts';

type SealedColumn = { table: string; column: string; purpose: SealPurpose };

/** Where sealed secrets are kept. A test compares it with what is written. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: 'account', column: 'token', purpose: 'account.token' },
  { table: 'tenant', column: 'webhook_secret', purpose: 'tenant.webhook_secret' },
  { table: 'tenant', column: 'previous_webhook_secret', purpose: 'tenant.webhook_secret' },
  { table: 'webhook_endpoint', column: 'secret', purpose: 'webhook_endpoint.secret' },
  { table: 'webhook_endpoint', column: 'previous_secret', purpose: 'webhook_endpoint.secret' },
];

/** The next rows after `afterId` that have a sealed text in this column, by id. */
export async function readSealed(
  db: Queryable,
  { table, column }: SealedColumn,
  afterId: string,
  limit: number,
): Promise<{ id: string; sealed: string }[]> {
  const { rows } = await db.query<{ id: string; sealed: string }>(
    `SELECT id, ${column} AS sealed FROM public.${table} WHERE ${column} IS NOT NULL AND id > $1 ORDER BY id LIMIT $2`,
    [afterId, limit],
  );
  return rows;
}

/** Puts another sealed text in the place of one. @returns false when that one is gone: somebody has written a newer. */
export async function replaceSealed(
  db: Queryable,
  { table, column }: SealedColumn,
  { id, from, to }: { id: string; from: string; to: string },
): Promise<boolean> {
  const { rowCount } = await db.query(`UPDATE public.${table} SET ${column} = $3 WHERE id = $1 AND ${column} = $2`, [
    id,
    from,
    to,
  ]);
  return rowCount === 1;
}
