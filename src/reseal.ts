import pg from 'pg';
import { createVault, type SealPurpose, UnsealError, type Vault } from './lib/crypto.ts';
import { readSealed, replaceSealed, SEALED_COLUMNS } from './lib/db/sealed-columns.ts';

/** How long one attempt to connect may take, in ms: a database that is up answers within milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Rows that are read at once. */
const PAGE = 500;

/** How many secrets were sealed anew, and how many were sealed with the key already. */
export type Resealed = { resealed: number; current: number };

/** Some secrets open with none of the keys. */
export class KeyMissing extends Error {
  override readonly name = 'KeyMissing';
}

/**
 * Seals with `key` whatever in the database is sealed with one of the others, so that those can be thrown away. Can be
 * run beside API and workers, and again: what somebody writes meanwhile is newer, and left alone.
 * Throws KeyMissing, after having done what could be done.
 */
export async function reseal(databaseUrl: string, key: Buffer, others: readonly Buffer[]): Promise<Resealed> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A connection lost in the middle fails the statement under way; without a listener it would end the process.
  client.on('error', () => undefined);
  const [now, all] = [createVault(key), createVault(key, others)];
  const done: Resealed = { resealed: 0, current: 0 };
  let lost = 0;
  await client.connect();
  try {
    for (const place of SEALED_COLUMNS) {
      for (let page = await readSealed(client, place, '', PAGE); page.length > 0; ) {
        for (const { id, sealed } of page) {
          const text = openWith(all, sealed, place.purpose);
          if (text === null) lost += 1;
          else if (openWith(now, sealed, place.purpose) !== null) done.current += 1;
          else {
            const to = now.seal(text, place.purpose);
            if (await replaceSealed(client, place, { id, from: sealed, to })) done.resealed += 1;
          }
        }
        page = await readSealed(client, place, page.at(-1)?.id ?? '', PAGE);
      }
    }
  } finally {
    await client.end();
  }
  if (lost > 0) throw new KeyMissing(`${lost} secrets open with none of the keys; ${done.resealed} were sealed anew.`);
  return done;
}

/** Null where none of the vault's keys fits. */
function openWith(vault: Vault, sealed: string, purpose: SealPurpose): string | null {
  try {
    return vault.open(sealed, purpose);
  } catch (error) {
    if (error instanceof UnsealError) return null;
    throw error;
  }
}
