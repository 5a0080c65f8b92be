import { z } from 'zod';
import { badRequest } from './refusal.ts';

/** The body as the schema has it. Throws a Refusal with HTTP 400 that names what is wrong with it. */
export function readBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw badRequest(`invalid body: ${z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ')}`);
}
