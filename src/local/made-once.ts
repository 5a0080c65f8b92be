import { readFile, rename, writeFile } from 'node:fs/promises';
import { hasCode } from './error-code.ts';
import { StartFault } from './start-fault.ts';

/** Read and write for the owner alone. */
const OWNER_ONLY = 0o600;

/**
 * The text in `file`; where there is no such file, what `make` gives, stored for the next time with mode 0600.
 * Throws a StartFault when the stored text is not of the form `valid`.
 */
export async function madeOnce(file: string, make: () => string, valid: RegExp): Promise<string> {
  const stored = await readIfThere(file);
  if (stored !== null) {
    const text = stored.trim();
    if (valid.test(text)) return text;
    throw new StartFault(`${file} is damaged: put its old content back, or delete it to have a new one made.`);
  }
  const text = make();
  // Renamed into place, so that a crash never leaves half a secret behind.
  const unfinished = `${file}.new`;
  await writeFile(unfinished, `${text}\n`, { mode: OWNER_ONLY });
  await rename(unfinished, file);
  return text;
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
