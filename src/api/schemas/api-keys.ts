import { z } from 'zod';
import { listQuery } from './list.ts';

/** A tenant's name stands in logs, metrics and queries: short, and safe to copy. */
const TENANT = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'Must be 1 to 64 letters, digits, dots, dashes and underscores.');

/** The body of `POST /v1/admin/api-keys`. */
export const CreateApiKey = z.strictObject({ tenant: TENANT, name: z.string().min(1).max(100) });

export const ListApiKeys = listQuery('key').extend({ tenant: TENANT.optional() });

export const ApiKeyParams = z.object({ id: z.string() });
