import fc from 'fast-check';
import type { ApiDocument, Operation } from './contract.ts';

type Schema = {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  minimum?: number;
  maximum?: number;
};
export type FuzzedRequest = { method: string; path: string; headers: Record<string, string>; body?: string };

/** What breaks programs. Lone surrogates come as JSON escapes, as JSON.stringify writes them. */
const NASTY: unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  Number.MAX_SAFE_INTEGER,
  '',
  ' ',
  'a\0b',
  '\ud83e',
  '\u202e\u0000\ufeff',
  '🦊'.repeat(2_000),
  'x'.repeat(20_000),
  "'; DROP TABLE job; --",
  '../../etc/passwd',
  '__proto__',
  '2026-02-30T99:99:99Z',
  'https://user:secret@[::1]:99999/',
  [],
  [[[[[]]]]],
  {},
  { toString: 1, constructor: { name: 'x' }, 'a\0': 'b' },
];
/** Already encoded: parts of an address. */
const NASTY_PARTS = [
  '%00',
  '%',
  '%ff',
  '%2e%2e%2f',
  '..',
  'a%20b',
  '%F0%9F%A6%8A',
  '%u0041',
  "'",
  'x'.repeat(300),
  '~',
];
const NASTY_HEADERS = ['', ' ', '"', '"7"', '*', 'W/"1", "2"', '-1', '1e9', 'wait=1', 'wait=0', 'x'.repeat(300), 'é'];
const CONTENT_TYPES = [
  'application/json; charset=utf-8',
  'text/plain',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  '',
];
const LINES = 'application/x-ndjson';
/** By the name of a field: what is not refused at the first look. */
const USUAL: Record<string, unknown[]> = {
  skill: ['nemo-video', 'pika-labs'],
  url: ['https://example.com/hook', 'https://example.com/a.mp4'],
  language: ['en', 'ja'],
  prompt: ['A fox in the snow'],
  text: ['A fox in the snow', 'export', 'credits', 'status'],
};

/** Requests to all operations of the API: most of them nearly right. */
export function requestsOf(document: ApiDocument, ids: string[]): fc.Arbitrary<FuzzedRequest> {
  const values = valuesBy(document, ids);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      arbitrary: requestsTo(method.toUpperCase(), path, operation, values, ids),
      // There is more to get wrong where something is sent.
      weight: operation.requestBody ? 5 : 1,
    })),
  );
  return fc.oneof(...operations);
}

type Values = (schema: Schema, name: string) => fc.Arbitrary<unknown>;

function requestsTo(
  method: string,
  template: string,
  { parameters = [], requestBody }: Operation,
  values: Values,
  ids: string[],
): fc.Arbitrary<FuzzedRequest> {
  const part = seldom(fc.constantFrom(...ids), fc.constantFrom(...NASTY_PARTS));
  const named = (place: string) => parameters.filter((parameter) => parameter.in === place);
  const query = fc.record(
    Object.fromEntries(named('query').map(({ name, schema }) => [name, values(schema as Schema, name)])),
    { requiredKeys: [] },
  );
  const headers = fc.record(
    Object.fromEntries(named('header').map(({ name }) => [name, fc.constantFrom(...NASTY_HEADERS)])),
    { requiredKeys: [] },
  );
  const bodies = Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) =>
    type === LINES ? linesOf(values(schema as Schema, '')) : jsonOf(values(schema as Schema, '')),
  );
  const body = bodies.length > 0 ? fc.option(fc.oneof(...bodies), { freq: 10, nil: null }) : fc.constant(null);
  return fc.record({ part, query, headers, body }).map((made) => {
    const { text, type = '' } = made.body ?? {};
    const words = queryOf(made.query);
    const path = template.replaceAll(/\{\w+\}/g, made.part);
    const sent = text === undefined ? {} : { 'content-type': type };
    return {
      method,
      path: words === '' ? path : `${path}?${words}`,
      headers: { ...plain(made.headers), ...sent },
      ...(text === undefined ? {} : { body: text }),
    };
  });
}

/** Values as a schema has them, with something nasty in between. */
function valuesBy(document: ApiDocument, ids: string[]): Values {
  const good = (schema: Schema, name: string): fc.Arbitrary<unknown> => {
    if (schema.$ref) return good(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] as Schema, name);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) return fc.oneof(...choices.map((choice) => values(choice, name)));
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const type = [schema.type].flat()[0];
    switch (type) {
      case 'object':
        return objects(schema, name);
      case 'array':
        return fc.array(values(schema.items ?? {}, name), { maxLength: 3 });
      case 'integer':
      case 'number':
        return fc.integer({
          min: Math.max(schema.minimum ?? 1, -1_000),
          max: Math.min(schema.maximum ?? 1_000, 1_000),
        });
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      default:
        return texts(name);
    }
  };
  const texts = (name: string) => {
    if (USUAL[name]) return fc.constantFrom(...USUAL[name]);
    if (/(^|_)(id|starting_after)$/.test(name)) return fc.constantFrom(...ids);
    if (/^created_/.test(name)) return fc.date({ noInvalidDate: true }).map((at) => at.toISOString());
    return seldom(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), fc.string({ unit: 'binary' }));
  };
  const objects = ({ properties = {}, required = [], additionalProperties }: Schema, name: string) => {
    const known = fc.record(
      Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, values(schema, key)])),
      { requiredKeys: required },
    );
    const more =
      typeof additionalProperties === 'object'
        ? fc.dictionary(fc.string({ minLength: 1 }), values(additionalProperties, name), { maxKeys: 3 })
        : seldom(fc.constant({}), fc.dictionary(fc.string(), fc.constantFrom(...NASTY), { maxKeys: 3 }));
    return fc.tuple(known, more).map(([one, other]) => ({ ...other, ...one }));
  };
  const values: Values = (schema, name) => seldom(good(schema, name), fc.constantFrom(...NASTY));
  return values;
}

/** The second one now and then. */
function seldom<A, B>(mostly: fc.Arbitrary<A>, seldomly: fc.Arbitrary<B>): fc.Arbitrary<A | B> {
  return fc.oneof({ weight: 60, arbitrary: mostly }, { weight: 1, arbitrary: seldomly });
}

type Body = { type: string; text: string };

/** Now and then under another name. */
function jsonOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<Body> {
  const type = seldom(fc.constant('application/json'), fc.constantFrom(...CONTENT_TYPES));
  return fc.record({ type, text: value.map((given) => JSON.stringify(given)) });
}

function linesOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<Body> {
  const line = seldom(
    value.map((given) => JSON.stringify(given)),
    fc.constantFrom('', ' ', '{', '\0', '\ufeff{}', '{"__proto__":{"a":1}}'),
  );
  return fc.array(line, { maxLength: 3 }).map((lines) => ({ type: LINES, text: lines.join('\n') }));
}

function queryOf(query: Record<string, unknown>): string {
  return Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(wordOf(value))}`)
    .join('&')
    .slice(0, 4_000);
}

function wordOf(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed();
}

/** Headers that undici sends at all. */
function plain(headers: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, (value ?? '').replaceAll(/[^\x20-\x7e]/g, '?')]),
  );
}
