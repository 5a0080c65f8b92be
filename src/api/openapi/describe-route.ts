import type { SwaggerTransform } from '@fastify/swagger';
import type { RouteOptions } from 'fastify';
import { createJsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { PROBLEMS, type ProblemCode, problemBody } from '../../lib/errors.ts';
import { refTo } from '../schemas/answer.ts';
import { ProblemDocument } from '../schemas/problem.ts';
import { ANSWER_HEADERS, ANSWERED_IN, type AnswerHeader, REQUEST_HEADERS } from './headers.ts';
import { routeProblems } from './route-problems.ts';
import { zodToJsonConfig } from './zod-to-json.ts';

type Json = Record<string, unknown>;

const fromZod = createJsonSchemaTransform({ zodToJsonConfig });
const PROBLEM = `#/components/schemas/${ProblemDocument.meta()?.id}`;
/** A body that is streamed and not read by a schema. */
const FILES = {
  type: 'object',
  properties: { file: { type: 'array', items: { type: 'string', format: 'binary' }, description: 'The files.' } },
};
/** What every answer has. */
const EVERYWHERE: readonly AnswerHeader[] = ['x-request-id', 'ratelimit-policy', 'ratelimit'];
/** What an answer of an error has beside its own headers, by status. */
const PROBLEM_HEADERS: Readonly<Record<number, AnswerHeader>> = {
  401: 'www-authenticate',
  405: 'allow',
  409: 'retry-after',
  429: 'retry-after',
  503: 'retry-after',
};

/** A route's schemas as JSON Schema, with all headers and errors that come with its kind (route-problems.ts). */
export const describeRoute: SwaggerTransform = (document) => {
  const { url, route } = document;
  // A route of ours without a schema is shown all the same: a test names it. Other people's pages are not the API.
  if (document.schema?.hide || (!document.schema && !url.startsWith('/v1/'))) return { schema: { hide: true }, url };
  const { lines } = route.config ?? {};
  const given = lines ? { ...document, schema: { ...document.schema, querystring: lines.options } } : document;
  const schema = (fromZod(given).schema ?? {}) as Json;
  const takes = route.config?.takes ?? [];
  return {
    url,
    schema: {
      ...schema,
      ...security(url),
      ...body(route, schema.body as Json),
      ...(lines ? { 'x-lines': { type: lines.type, content: contentOfLines(lines.of) } } : {}),
      ...(takes.length > 0 ? { headers: { type: 'object', properties: pick(REQUEST_HEADERS, takes) } } : {}),
      response: { ...goodAnswers(schema.response as Json, route), ...problems(route) },
    },
  };
};

/**
 * Zod leaves out the examples of a schema that changes what it reads. Bodies that may be left out are marked for
 * complete-document.ts: @fastify/swagger says that none may.
 */
function body({ schema }: RouteOptions, asJson: Json | undefined): Json {
  if (schema?.consumes?.includes('multipart/form-data')) return { body: FILES };
  if (!(schema?.body instanceof z.ZodType)) return {};
  const examples = schema.body.meta()?.examples;
  return {
    body: { ...asJson, ...(examples ? { examples } : {}) },
    ...(schema.body.safeParse(undefined).success ? { 'x-body-optional': true } : {}),
  };
}

/** The schema is that of one line. */
function contentOfLines(of: z.ZodType): Json {
  return { schema: refTo(of, 'Input'), example: [of.meta()?.examples ?? []].flat()[0] };
}

/** The document asks for an API key everywhere; some doors have another lock, or none. */
function security(url: string): { security?: Record<string, string[]>[] } {
  if (url.startsWith('/v1/admin')) return { security: [{ adminToken: [] }] };
  return needsApiKey(url) ? {} : { security: [] };
}

function goodAnswers(response: Json | undefined, { config, schema }: RouteOptions): Json {
  const declared = (schema?.response ?? {}) as Record<string, { description?: string }>;
  const answered = config?.takes?.flatMap((header) => ANSWERED_IN[header] ?? []) ?? [];
  const headers = pick(ANSWER_HEADERS, [...EVERYWHERE, ...answered, ...(config?.gives ?? [])]);
  const answers = Object.entries(response ?? {}).map(([status, answer]) => {
    const also = status === '302' ? pick(ANSWER_HEADERS, ['location']) : {};
    const { description } = declared[status] ?? {};
    return [status, { ...(answer as Json), description, headers: { ...headers, ...also } }];
  });
  return Object.fromEntries(answers);
}

function needsApiKey(url: string): boolean {
  return url.startsWith('/v1/') && !url.startsWith('/v1/admin');
}

function problems(route: RouteOptions): Json {
  const answers = [...routeProblems(route)].map(([status, codes]) => [status, problem(status, codes)]);
  return Object.fromEntries(answers);
}

function problem(status: number, codes: readonly ProblemCode[]): Json {
  const header = PROBLEM_HEADERS[status];
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
    headers: pick(ANSWER_HEADERS, [...EVERYWHERE, ...(header ? [header] : [])]),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: PROBLEM }, { type: 'object', properties: { code: { type: 'string', enum: codes } } }],
        },
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
      },
    },
  };
}

function exampleOf(code: ProblemCode): Json {
  return {
    ...problemBody(code, PROBLEMS[code].help),
    instance: '/v1/jobs',
    request_id: 'req_01m7ypsprke4frc5qwk8f5j6c5',
    ...(code === 'validation_failed' ? { errors: [{ pointer: '/prompt', detail: 'Must say something.' }] } : {}),
  };
}

function pick<Name extends string>(all: Readonly<Record<Name, Json>>, names: readonly Name[]): Record<string, Json> {
  return Object.fromEntries(names.map((name) => [name, { ...all[name] }]));
}
