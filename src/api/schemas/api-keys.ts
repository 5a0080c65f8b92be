import { z } from 'zod';
import { listOf, moment } from './answer.ts';
import { boundedText } from './bounded.ts';
import { listQuery, pathOf } from './list.ts';

/** A tenant's name stands in logs, metrics and queries: short, and safe to copy. */
const TENANT = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'Must be 1 to 64 letters, digits, dots, dashes and underscores.');

const MAX_NAME = 100;

/** The body of `POST /v1/admin/api-keys`. */
export const CreateApiKey = z
  .strictObject({
    tenant: TENANT.describe('Whose key it is; made with its first key.'),
    name: boundedText(MAX_NAME, 1).describe('What it is for.'),
  })
  .meta({ examples: [{ tenant: 'acme', name: 'production' }] });

export const ListApiKeys = listQuery('key').extend({ tenant: TENANT.optional().describe('Only keys of this tenant.') });

export const ApiKeyParams = pathOf('key');

const shown = {
  id: z.string().describe('`key_…`'),
  tenant: z.string().describe('Whose it is.'),
  name: z.string().describe('What it is for.'),
  hint: z.string().describe('Its last characters.'),
  created_at: moment.describe('When it was made.'),
};

export const NewApiKey = z
  .object({ ...shown, key: z.string().describe('`rk_…`: shown this once.') })
  .meta({ id: 'NewApiKey', description: 'A key that was just made.' });

export const ApiKeyList = listOf(
  'ApiKeyList',
  z
    .object({ ...shown, last_used_at: moment.nullable().describe('When it was last seen.') })
    .meta({ id: 'ApiKey', description: 'A key of a tenant.' }),
);
