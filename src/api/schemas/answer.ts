import { z } from 'zod';

/**
 * Pieces of answers. TypeScript checks that what a route answers fits its schema; nothing reads an answer at run time,
 * except in the tests (tests/support/contract.ts).
 */

/** A moment, as answers tell it. */
export const moment = z.string().meta({ format: 'date-time' });

/** A text that is one of these; its type stays `string`, as the rows have it. */
export function oneOf(...values: string[]) {
  return z.string().meta({ enum: values });
}

/** One page of a list. `id` names it in the OpenAPI document. */
export function listOf<Item extends z.ZodType>(id: string, item: Item, order = 'Newest first.') {
  return z
    .object({
      object: z.literal('list').describe('Always `list`.'),
      data: z.array(item).describe(order),
      has_more: z.boolean().describe('Whether `starting_after` the last of these gives more.'),
    })
    .meta({ id, description: `One page. ${order}` });
}

/** A reference to a schema that has a name; `suffix`: `Input` for one that is sent. */
export function refTo(schema: z.ZodType, suffix: '' | 'Input' = '') {
  return { $ref: `#/components/schemas/${schema.meta()?.id}${suffix}` };
}

/** What was stored as one of these (all have names): described by them, and not typed. */
export function storedAs(...schemas: z.ZodType[]) {
  return z.unknown().meta({ anyOf: schemas.map((schema) => refTo(schema)) });
}

/** An answer without a body. */
export function noBody(description: string) {
  return z.undefined().describe(description);
}

/** An answer that is not JSON: its content types, each with what it is, or with the schema of one piece of a stream. */
export function otherThanJson(description: string, types: Record<string, string | z.ZodType>) {
  const content = Object.entries(types).map(([type, what]) => [
    type,
    { schema: typeof what === 'string' ? z.any().describe(what) : what },
  ]);
  return { description, content: Object.fromEntries(content) as Record<string, { schema: z.ZodAny }> };
}
