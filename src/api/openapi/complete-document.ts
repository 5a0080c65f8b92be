import type { SwaggerTransformObject } from '@fastify/swagger';
import { createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { zodToJsonConfig } from './zod-to-json.ts';

type Json = Record<string, unknown>;
type Response = { $ref?: string; content?: Record<string, { examples?: Json }> };
type Operation = {
  requestBody?: { required?: boolean; content: Json };
  responses: Record<string, Response>;
  'x-body-optional'?: true;
  'x-lines'?: { type: string; content: Json };
};
type Document = {
  paths: Record<string, Record<string, Operation>>;
  webhooks: unknown;
  components: { schemas: Record<string, Json>; responses?: Record<string, Response> };
};

const withComponents = createJsonSchemaTransformObject({ zodToJsonConfig });

/** What can only be said once all routes are known: schemas and errors that several of them share, each in one place. */
export const completeDocument: SwaggerTransformObject = (given) => {
  const document = withComponents(given) as unknown as Document;
  const responses: Record<string, Response> = {};
  for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path))) {
    if (operation['x-body-optional'] && operation.requestBody) operation.requestBody.required = false;
    delete operation['x-body-optional'];
    const lines = operation['x-lines'];
    if (lines && operation.requestBody) operation.requestBody.content[lines.type] = lines.content;
    delete operation['x-lines'];
    for (const [status, response] of Object.entries(operation.responses)) {
      const codes = Object.keys(response.content?.['application/problem+json']?.examples ?? {});
      if (codes.length === 0) continue;
      const name = codes.join('_or_');
      responses[name] = response;
      operation.responses[status] = { $ref: `#/components/responses/${name}` };
    }
  }
  document.components = { ...document.components, responses };
  document.components.schemas = usedSchemas(document);
  return document as unknown as ReturnType<SwaggerTransformObject>;
};

/** Each named schema is there twice, as it is sent and as it is answered; those that nothing refers to go. */
function usedSchemas({ components: { schemas, responses }, paths, webhooks }: Document): Record<string, Json> {
  const used = new Set<string>();
  const open = refsIn([paths, responses, webhooks]);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (used.has(name)) continue;
    used.add(name);
    open.push(...refsIn(schemas[name]));
  }
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
}

function refsIn(value: unknown): string[] {
  return [...JSON.stringify(value ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name);
}
