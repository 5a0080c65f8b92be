import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService({ workers: false });
});

afterAll(() => service?.stop());

/** Sends bytes as they are; → what comes back until the connection is closed. */
async function sendRaw(bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.write(bytes);
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

/** A whole request that asks for the connection to be closed; the lines after the first are its headers. */
const request = (line: string, ...headers: string[]) =>
  `${[`${line} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${service.env.BOOTSTRAP_API_KEY}`, 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`;

function readAnswer(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return {
    head: head.toLowerCase(),
    status: Number(head.split(' ')[1]),
    problem: body === '' ? null : JSON.parse(body),
  };
}

describe('what is no request', () => {
  it.each([
    ['noise', 'noise\r\n\r\n', 400, 'bad_request'],
    ['no host', 'GET /v1/jobs HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'bad_request'],
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'bad_request'],
    ['a space in a header name', 'GET /v1/jobs HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n', 400, 'bad_request'],
    [
      'two lengths, as smugglers send them',
      'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'bad_request',
    ],
    ['an address that is not ASCII', 'GET /v1/jobs/ｊｏｂ HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'bad_request'],
    ['huge headers', `GET /v1/jobs HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['a huge query', `GET /v1/jobs?skill=${'b'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'headers_too_large'],
  ])('%s: a problem document, and the end', async (_what, bytes, status, code) => {
    const { head, problem } = readAnswer(await sendRaw(bytes));
    expect(problem).toMatchObject({
      status,
      code,
      type: `/docs/errors#${code}`,
      instance: expect.any(String),
      request_id: expect.any(String),
    });
    expect(head).toContain(`http/1.1 ${status}`);
    expect(head).toContain('content-type: application/problem+json');
    expect(head).toContain(`x-request-id: ${problem.request_id}`);
    expect(head).toMatch(/^ratelimit-policy: "submit";q=\d+;w=\d+\r\nratelimit: "submit";r=\d+;t=\d+\r?$/m);
  });
});

describe('addresses', () => {
  it.each([
    '/v1/jobs/%',
    '/v1/jobs/%ff%fe',
    '/v1/jobs/%c0%ae%c0%ae',
    '/v1/jobs/a%00b',
    '/v1/jobs/..%2f..%2fetc%2fpasswd',
    '/v1/jobs/../../etc/passwd',
    `/v1/jobs/${'x'.repeat(5_000)}`,
    '/v1//jobs',
    '//v1/jobs',
    '/V1/jobs',
    '/v1/jobs/',
    '/v1/jobs/constructor',
    '/v1/sessions/__proto__',
    '/v1/assets/%F0%9F%A6%8A',
    'http://elsewhere.example/v1/nothing',
    '*',
  ])('%s: 404', async (path) => {
    const { status, problem } = readAnswer(await sendRaw(Buffer.from(request(`GET ${path}`), 'utf8')));
    expect(problem).toMatchObject({ status: 404, code: 'not_found' });
    expect(status).toBe(404);
  });

  it.each([
    ['DELETE', '/v1/jobs', 'GET, HEAD, POST'],
    ['PUT', '/v1/jobs/x', 'GET, HEAD'],
    ['GET', '/v1/jobs/x/cancel', 'POST'],
    ['PATCH', '/v1/account', 'GET, HEAD, PUT, DELETE'],
    ['OPTIONS', '/v1/jobs?a=b', 'GET, HEAD, POST'],
    ['PROPFIND', '/v1/skills', 'GET, HEAD'],
    ['POST', '/health/live', 'GET, HEAD'],
  ])('%s %s: 405 with the methods that there are', async (method, path, allow) => {
    const body = '{"type":';
    const length = `Content-Length: ${body.length}`;
    const answer = await sendRaw(request(`${method} ${path}`, 'Content-Type: application/json', length) + body);
    const { head, problem } = readAnswer(answer);
    expect(problem).toMatchObject({ status: 405, code: 'method_not_allowed' });
    const given = /^allow: (.*)$/m.exec(head)?.[1]?.trim().toUpperCase().split(', ').sort();
    expect(given).toEqual(allow.split(', ').sort());
  });
});

it('an expectation that nobody knows is ignored; HEAD is not offered where the answer has no end', async () => {
  const { status, problem } = readAnswer(await sendRaw(request('GET /v1/jobs/x', 'Expect: wonders')));
  expect([status, problem.code]).toEqual([404, 'not_found']);
  const { head } = readAnswer(await sendRaw(request('HEAD /v1/jobs/x/events')));
  expect(head).toContain('http/1.1 405');
});

describe('bodies', () => {
  const post = async (body: string | Buffer, ...headers: string[]) => {
    const head = request('POST /v1/jobs', `Content-Length: ${Buffer.byteLength(body)}`, ...headers);
    return readAnswer(await sendRaw(Buffer.concat([Buffer.from(head), Buffer.from(body)])));
  };
  const json = 'Content-Type: application/json';
  const job = (more: string) => `{"type":"generate","prompt":"A fox"${more}}`;

  it.each([
    ['no content type', job(''), [], 415, 'unsupported_media_type'],
    ['text', job(''), ['Content-Type: text/plain'], 415, 'unsupported_media_type'],
    ['a content type that is none', job(''), ['Content-Type: json;;'], 415, 'unsupported_media_type'],
    ['two values', `${job('')}${job('')}`, [json], 400, 'invalid_json'],
    ['a constructor with a prototype', job(',"constructor":{"prototype":{"x":1}}'), [json], 400, 'invalid_json'],
    ['a hidden prototype', job(',"metadata":{"\\u005f_proto__":"x"}'), [json], 400, 'invalid_json'],
    [
      'bytes that are not UTF-8',
      Buffer.from('{"type":"generate","prompt":"\xff"', 'latin1'),
      [json],
      400,
      'invalid_json',
    ],
    ['NUL in a key', job(',"metadata":{"a\\u0000":"b"}'), [json], 422, 'validation_failed'],
    ['a number beyond all', job(',"priority":1e999'), [json], 422, 'validation_failed'],
    ['deep nesting', job(`,"metadata":${'['.repeat(50_000)}${']'.repeat(50_000)}`), [json], 422, 'validation_failed'],
    ['huge metadata', job(`,"metadata":{"a":"${'b'.repeat(8_193)}"}`), [json], 422, 'validation_failed'],
    ['300,000 files', job(`,"assets":[${'{},'.repeat(300_000)}{}]`), [json], 422, 'validation_failed'],
    [
      '60,000 unknown fields',
      `{${Array.from({ length: 60_000 }, (_, i) => `"key ${i}":1`)}}`,
      [json],
      422,
      'validation_failed',
    ],
    [
      '60,000 entries',
      job(`,"metadata":{${Array.from({ length: 60_000 }, (_, i) => `"${i}":1`)}}`),
      [json],
      422,
      'validation_failed',
    ],
    ['100,000 NULs', job(`,"assets":[${'"\\u0000",'.repeat(100_000)}0]`), [json], 422, 'validation_failed'],
    ['a body over 1 MiB', job(`,"metadata":{"a":"${'b'.repeat(1_048_577)}"}`), [json], 413, 'payload_too_large'],
  ])('%s', async (_what, body, headers, status, code) => {
    const { problem } = await post(body, ...headers);
    expect(problem).toMatchObject({ status, code });
    expect(problem.errors?.length ?? 0).toBeLessThanOrEqual(100);
  });
});

it('a connection that was opened in advance and never used does not hold up a stop', async () => {
  const stopping = await startService({ workers: false });
  const { hostname, port } = new URL(stopping.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  // The answer to another connection tells that this one has been accepted.
  await stopping.client.get('/v1/jobs');
  const closed = once(socket, 'close');
  const asked = performance.now();
  await stopping.stop();
  await closed;
  expect(performance.now() - asked).toBeLessThan(15_000);
});
