import pg from 'pg';
import { createVault, UnsealError } from './lib/crypto.ts';
import { readSealed, replaceSealed, SEALED_COLUMNS } from './lib/db/sealed-columns.ts';

/** How long one attempt to connect may take, in ms: a database that is up answers within milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Rows that are read at once. */
const PAGE = 500;

/** How many secrets were sealed anew, were sealed with the key already, and can be opened with none. */
export type Resealed = { resealed: number; current: number; lost: number };

/**
 * Seals with `key` whatever in the database is sealed with one of the others, so that those can be thrown away. Can be
 * run beside API and workers, and again: what somebody writes meanwhile is newer, and left alone.
 */
export async function reseal(databaseUrl: string, key: Buffer, others: readonly Buffer[]): Promise<Resealed> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A connection lost in the middle fails the statement under way; without a listener it would end the process.
  client.on('error', () => undefined);
  const [now, all] = [createVault(key), createVault(key, others)];
  const done: Resealed = { resealed: 0, current: 0, lost: 0 };
  await client.connect();
  try {
    for (const place of SEALED_COLUMNS) {
      for (let page = await readSealed(client, place, '', PAGE); page.length > 0; ) {
        for (const { id, sealed } of page) {
          if (opens(now, sealed, place.purpose)) done.current += 1;
          else if (!opens(all, sealed, place.purpose)) done.lost += 1;
          else {
            const to = now.seal(all.open(sealed, place.purpose), place.purpose);
            if (await replaceSealed(client, place, { id, from: sealed, to })) done.resealed += 1;
          }
        }
        page = await readSealed(client, place, page.at(-1)?.id ?? '', PAGE);
      }
    }
  } finally {
    await client.end();
  }
  return done;
}

function opens(vault: ReturnType<typeof createVault>, sealed: string, purpose: Parameters<typeof vault.open>[1]) {
  try {
    vault.open(sealed, purpose);
    return true;
  } catch (error) {
    if (error instanceof UnsealError) return false;
    throw error;
  }
}
