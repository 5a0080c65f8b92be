import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The version in package.json; sources and build output lie equally deep. */
export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))).version;
