import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SubmitBatch } from '../../src/api/schemas/batches.ts';
import { PUBLIC_EVENTS } from '../../src/lib/domain/event-types.ts';
import { PROBLEMS } from '../../src/lib/errors.ts';
import { type ApiDocument, type Contract, contractOf, type Operation } from '../support/contract.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
let contract: Contract;
let document: ApiDocument;

beforeAll(async () => {
  service = await startService({ workers: false, env: { ADMIN_TOKEN: 'adm_0123456789abcdef' } });
  contract = await contractOf(service.url);
  document = contract.document;
});

afterAll(() => service?.stop());

/** `GET /v1/jobs` and what the document says of it. */
const operations = (): [name: string, operation: Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
const namesOf = (found: [string, Operation][]) => found.map(([name]) => name);
const goodAnswers = ({ responses }: Operation) => Object.entries(responses).filter(([status]) => Number(status) < 400);

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(
      structuredClone(document) as unknown as Record<string, unknown>,
    );
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
  });

  it('describes every route: add `schema` with operationId, tags, summary and response to the ones named here', () => {
    const tags = (document as unknown as { tags: { name: string }[] }).tags.map(({ name }) => name);
    const bare = operations().filter(([, operation]) => {
      const { operationId, summary, tags: own = [] } = operation;
      const answers = goodAnswers(operation).every(
        ([, answer]) => answer.description && answer.description !== 'Default Response',
      );
      return !operationId || !summary || own.length !== 1 || !tags.includes(own[0] ?? '') || !answers;
    });
    expect(namesOf(bare)).toEqual([]);
    const unsure = operations().filter(([, operation]) =>
      goodAnswers(operation).some(([status, { content }]) => !content && !['204', '302', '304'].includes(status)),
    );
    expect(namesOf(unsure)).toEqual([]);
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('describes every field and parameter', () => {
    const bare = operations().flatMap(([name, { parameters = [], requestBody }]) => [
      ...parameters.filter((parameter) => !parameter.description).map((parameter) => `${name}: ${parameter.name}`),
      ...Object.values(requestBody?.content ?? {}).flatMap(({ schema }) => undescribed(schema, name)),
    ]);
    const components = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
      undescribed(schema, name),
    );
    expect([...bare, ...components]).toEqual([]);
  });

  it('has a batch in lines, and a webhook for every type of event that goes out', () => {
    const batch = document.paths['/v1/batches']?.post;
    expect(Object.keys(batch?.requestBody?.content ?? {})).toEqual(['application/json', 'application/x-ndjson']);
    const options = batch?.parameters?.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
    expect(options).toEqual(['on_invalid', 'max_concurrency', 'max_credits', 'webhook', 'metadata']);
    const example = batch?.requestBody?.content['application/x-ndjson']?.example;
    expect(SubmitBatch.safeParse({ jobs: [example] }).success).toBe(true);
    expect(Object.keys(document.webhooks)).toEqual(PUBLIC_EVENTS);
    const text = JSON.stringify(document);
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(document.components.schemas, name).toHaveProperty(name);
  });

  it('has an example for every body, and all examples are as their schemas say', async () => {
    for (const [name, { requestBody }] of operations()) {
      for (const [type, { schema, example, examples }] of Object.entries(requestBody?.content ?? {})) {
        const given = [example, ...Object.values(examples ?? {}).map(({ value }) => value)].filter(Boolean);
        if (type !== 'multipart/form-data') expect(given, name).not.toEqual([]);
        for (const value of given) expect(contract.faultIn(schema, value), name).toBeNull();
      }
    }
    for (const [name, { content }] of Object.entries(document.components.responses)) {
      for (const { schema, examples } of Object.values(content ?? {})) {
        for (const { value } of Object.values(examples ?? {})) expect(contract.faultIn(schema, value), name).toBeNull();
      }
    }
  });

  it('says who needs what: an API key in /v1, the token of the operator below /v1/admin, nothing elsewhere', () => {
    expect(operations().map(([name]) => name)).toContain('POST /v1/admin/api-keys');
    for (const [name, { security, responses }] of operations()) {
      const needed = name.includes(' /v1/admin/') ? [{ adminToken: [] }] : name.includes(' /v1/') ? undefined : [];
      expect(security, name).toEqual(needed);
      if (needed?.length !== 0) expect(responses[401], name).toBeDefined();
    }
  });

  it('is taken at its word by the tests: what it does not say is a fault', () => {
    const health = { method: 'GET', path: '/health/live', headers: { 'content-type': 'application/json' } };
    expect(contract.faultOf({ ...health, status: 200, body: { status: 'ok' } })).toBeNull();
    expect(contract.faultOf({ ...health, status: 200, body: { status: 'well' } })).toMatch('/status');
    expect(contract.faultOf({ ...health, status: 200, body: { status: 'ok', since: 1 } })).toMatch('since');
    expect(contract.faultOf({ ...health, status: 404, body: null })).toMatch('not documented');
    expect(contract.faultOf({ ...health, path: '/health', status: 200, body: {} })).toMatch('not documented');
  });
});

describe('the pages', () => {
  const read = async (path: string) => {
    const answer = await fetch(`${service.url}${path}`);
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  };

  it('/docs shows the document with what it brings itself: nothing is loaded from elsewhere', async () => {
    const { status, text } = await read('/docs');
    expect(status).toBe(200);
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      expect(file).toMatch(/^\/docs\/static\//);
      expect((await read(file)).status, file).toBe(200);
    }
    expect((await read('/docs/static/swagger-initializer.js')).text).toContain('"/openapi.json"');
    const answer = await fetch(`${service.url}/docs`);
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'self';/);
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['swagger-ui.css', { range: 'bytes=999999999-' }, 416, 'range_not_satisfiable'],
    ['swagger-ui.css', { 'if-match': '"x"' }, 404, 'not_found'],
    ['a%5c..', {}, 404, 'not_found'],
    ['%00', {}, 404, 'not_found'],
    ['nothing.css', {}, 404, 'not_found'],
    ['x'.repeat(400), {}, 404, 'not_found'],
  ])('/docs/static/%s with %j: %i', async (file, headers, status, code) => {
    const answer = await fetch(`${service.url}/docs/static/${file}`, { headers });
    expect([answer.status, await answer.json()]).toMatchObject([status, { status, code }]);
  });

  it('the type of a problem leads to what its code means', async () => {
    const { body } = await service.client.get<{ type: string }>('/v1/nothing');
    const [page = '', code] = body.type.split('#');
    const { status, type, text } = await read(page);
    expect(status).toBe(200);
    expect(type).toBe('text/html; charset=utf-8');
    expect(text).not.toMatch(/https?:\/\//);
    for (const id of [code, ...Object.keys(PROBLEMS)]) expect(text).toContain(`<tr id="${id}">`);
  });
});

/** The properties, wherever they are, that nobody described. */
function undescribed(schema: unknown, at: string): string[] {
  if (Array.isArray(schema)) return schema.flatMap((item) => undescribed(item, at));
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, ...rest } = schema as {
    properties?: Record<string, { $ref?: string; description?: string }>;
  };
  const bare = Object.entries(properties).flatMap(([name, property]) => [
    ...(property.description || property.$ref ? [] : [`${at}.${name}`]),
    ...undescribed(property, `${at}.${name}`),
  ]);
  return [...bare, ...Object.values(rest).flatMap((inner) => undescribed(inner, at))];
}
