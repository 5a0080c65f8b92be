import type { SwaggerTransformObject } from '@fastify/swagger';
import { createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { zodToJsonConfig } from './zod-to-json.ts';

type Json = Record<string, unknown>;
type Document = { components?: { schemas?: Record<string, Json> } };

const withComponents = createJsonSchemaTransformObject({ zodToJsonConfig });

/** Adds the schemas that have names. Each comes as it is sent and as it is answered: those that nothing refers to go. */
export const completeDocument: SwaggerTransformObject = (given) => {
  const document = withComponents(given) as Document;
  const schemas = document.components?.schemas ?? {};
  const { components: _, ...rest } = document;
  const used = new Set<string>();
  const open = refsIn(rest);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (used.has(name)) continue;
    used.add(name);
    open.push(...refsIn(schemas[name]));
  }
  const kept = Object.entries(schemas).filter(([name]) => used.has(name));
  return {
    ...document,
    components: { ...document.components, schemas: Object.fromEntries(kept) },
  } as ReturnType<SwaggerTransformObject>;
};

function refsIn(value: unknown): string[] {
  return [...JSON.stringify(value ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name);
}
