import { createVault, type SealPurpose, UnsealError, type Vault } from './lib/crypto.ts';
import type { Queryable } from './lib/db/database.ts';
import { readSealed, replaceSealed, SEALED_COLUMNS } from './lib/db/sealed-columns.ts';
import { onOneConnection } from './one-connection.ts';

/** Rows that are read at once. */
const PAGE = 500;

/** How many secrets were sealed anew, and how many were sealed with the key already. */
type Resealed = { resealed: number; current: number };

/** Some secrets open with none of the keys. */
export class KeyMissing extends Error {
  override readonly name = 'KeyMissing';
}

/**
 * Seals with `key` whatever in the database is sealed with one of the others, so that those can be thrown away. Can be
 * run beside API and workers, and again: what somebody writes meanwhile is newer, and left alone.
 * Throws KeyMissing, after having done what could be done.
 */
export function reseal(databaseUrl: string, key: Buffer, others: readonly Buffer[]): Promise<Resealed> {
  const [own, all] = [createVault(key), createVault(key, others)];
  return onOneConnection(databaseUrl, async (db) => {
    const done: Resealed = { resealed: 0, current: 0 };
    let lost = 0;
    for await (const { place, id, sealed } of everySealed(db)) {
      const text = openWith(all, sealed, place.purpose);
      if (text === null) lost += 1;
      else if (openWith(own, sealed, place.purpose) !== null) done.current += 1;
      else {
        const to = own.seal(text, place.purpose);
        if (await replaceSealed(db, place, { id, from: sealed, to })) done.resealed += 1;
      }
    }
    if (lost === 0) return done;
    throw new KeyMissing(`${lost} secrets open with none of the keys; ${done.resealed} were sealed anew.`);
  });
}

async function* everySealed(db: Queryable) {
  for (const place of SEALED_COLUMNS) {
    let page = await readSealed(db, place, '', PAGE);
    while (page.length > 0) {
      for (const row of page) yield { place, ...row };
      page = await readSealed(db, place, page.at(-1)?.id ?? '', PAGE);
    }
  }
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
