import type { createJsonSchemaTransform } from 'fastify-type-provider-zod';

type ZodToJsonConfig = NonNullable<Parameters<typeof createJsonSchemaTransform>[0]['zodToJsonConfig']>;

/**
 * How zod's schemas become JSON Schema. Answers may get new fields any time, so their objects stay open (z.object); what
 * is asked for is closed (z.strictObject), as it is checked. An answer without a body has the type null, by which
 * @fastify/swagger knows it.
 */
export const zodToJsonConfig: ZodToJsonConfig = {
  override: ({ zodSchema, jsonSchema }) => {
    const { def } = zodSchema._zod;
    if (def.type === 'object' && !('catchall' in def && def.catchall)) delete jsonSchema.additionalProperties;
    if (def.type === 'undefined') jsonSchema.type = 'null';
  },
};
