import { randomUUID } from 'node:crypto';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { request } from 'undici';

type Json = Record<string, unknown>;
type Content = Record<string, { schema: Json; example?: Json; examples?: Record<string, { value: Json }> }>;
type Response = { $ref?: string; description?: string; content?: Content };
export type Operation = {
  operationId?: string;
  summary?: string;
  tags?: string[];
  description?: string;
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; required: boolean; description?: string; schema: Json }[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, Response>;
};
export type ApiDocument = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, { post: Operation }>;
  components: { schemas: Record<string, Json>; responses: Record<string, Response> };
};
/** One answer, as a client got it. */
type Given = { method: string; path: string; status: number; headers: Record<string, unknown>; body: unknown };

export type Contract = {
  document: ApiDocument;
  /** What is wrong with an answer by the OpenAPI document; null when nothing is. */
  faultOf(given: Given): string | null;
  /** What is wrong with a value by a schema of the document. */
  faultIn(schema: Json, value: unknown): string | null;
};

const contracts = new Map<string, Promise<Contract>>();
/** One for all: what it needs itself costs more than most schemas. */
const ajv = formats.default(new Ajv2020({ strict: false, allErrors: true }));

/**
 * The contract of a service as it is at its `/openapi.json`, read once. How it is configured decides what it offers:
 * `settings` says so where many services have the same ones, for which it is read once, too.
 */
export function contractOf(baseUrl: string, settings = baseUrl): Promise<Contract> {
  const known = contracts.get(baseUrl) ?? contracts.get(settings) ?? readContract(baseUrl);
  contracts.set(baseUrl, known).set(settings, known);
  return known;
}

/** Fails the test where a webhook is not as `webhooks` of the OpenAPI document says: the same, whatever the service. */
export async function expectWebhook(body: string): Promise<void> {
  const [contract] = await Promise.all(contracts.values());
  if (!contract) throw new Error('no service was started');
  const event = JSON.parse(body) as { type: string };
  const schema = contract.document.webhooks[event.type]?.post.requestBody?.content['application/json']?.schema;
  const fault = schema ? contract.faultIn(schema, event) : `${event.type} is not documented`;
  if (fault) throw new Error(`not as /openapi.json says: ${fault}`);
}

/** Fails the test where an answer is not as the OpenAPI document says. */
export async function expectContract(baseUrl: string, given: Given): Promise<void> {
  const fault = (await contractOf(baseUrl)).faultOf(given);
  if (fault) throw new Error(`not as /openapi.json says: ${fault}`);
}

async function readContract(baseUrl: string): Promise<Contract> {
  const answer = await request(`${baseUrl}/openapi.json`);
  const document = (await answer.body.json()) as ApiDocument;
  const schemas = compiler(document);
  const paths = Object.keys(document.paths).map((path) => ({ path, pattern: patternOf(path) }));

  const faultOf = ({ method, path, status, headers, body }: Given): string | null => {
    const template = paths.find(({ pattern }) => pattern.test(path.split('?')[0] ?? ''))?.path;
    const operation = template === undefined ? undefined : document.paths[template]?.[method.toLowerCase()];
    if (!operation) return faultOfMissing({ status, body }, schemas);
    const what = `${method} ${template} ${status}`;
    const declared = operation.responses[status];
    if (!declared) return `${what} is not documented: ${JSON.stringify(body)}`;
    const { content = {} } = declared.$ref ? (document.components.responses[nameIn(declared.$ref)] ?? {}) : declared;
    if (Object.keys(content).length === 0) return body === null ? null : `${what} has a body`;
    const type = String(headers['content-type']).split(';')[0] ?? '';
    const schema = content[type] ?? content[type.replace(/\/.*/, '/*')];
    if (!schema) return `${what} with ${type} is not documented`;
    if (type === 'application/x-ndjson') return faultOfLines(what, schemas(schema.schema), body);
    return /\bjson\b/.test(type) ? faultOfBody(what, schemas(schema.schema), body) : null;
  };
  return { document, faultOf, faultIn: (schema, value) => faultOfBody('it', schemas(schema), value) };
}

/** What no operation describes can only be a problem: 404, 405 and what comes before. */
function faultOfMissing(
  given: { status: number; body: unknown },
  schemas: (schema: Json) => ValidateFunction,
): string | null {
  if (given.status < 400) return `${given.status} from something that is not documented`;
  return faultOfBody('a path that is not there', schemas({ $ref: '#/components/schemas/Problem' }), given.body);
}

/** Each line is what the schema says. */
function faultOfLines(what: string, validate: ValidateFunction, body: unknown): string | null {
  const lines = String(body ?? '')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => faultOfBody(what, validate, JSON.parse(line))).find((fault) => fault !== null) ?? null;
}

function faultOfBody(what: string, validate: ValidateFunction, body: unknown): string | null {
  if (validate(body)) return null;
  const errors = validate.errors
    ?.slice(0, 5)
    .map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
  return `${what}: ${errors?.join('; ')} in ${JSON.stringify(body)}`;
}

/** Compiles schemas of the document. Its objects are open for fields to come; here, a field that nobody described is a fault. */
function compiler(document: ApiDocument): (schema: Json) => ValidateFunction {
  const api = `api-${randomUUID()}`;
  const components = Object.fromEntries(
    Object.entries(document.components.schemas).map(([name, schema]) => [name, closed(schema)]),
  );
  ajv.addSchema({ $id: api, components: { schemas: components } });
  const compiled = new Map<Json, ValidateFunction>();
  return (schema) => {
    const known =
      compiled.get(schema) ?? ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', `"${api}#/`)));
    compiled.set(schema, known);
    return known;
  };
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const open = 'properties' in schema && 'type' in schema && !('additionalProperties' in schema);
  return open ? { ...inner, additionalProperties: false } : inner;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}

function nameIn(ref: string): string {
  return ref.split('/').at(-1) ?? '';
}
