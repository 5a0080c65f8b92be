import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/ids.ts';
import { startService, type TestService } from '../support/service.ts';

type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  instance: string;
  request_id: string;
  errors?: { pointer: string; detail: string }[];
};

const GOOD = { type: 'generate', prompt: 'A fox' };

const FAULTS: [what: string, body: unknown, pointers: string[]][] = [
  ['no type', { prompt: 'A fox' }, ['/type']],
  ['an unknown type', { ...GOOD, type: 'paint' }, ['/type']],
  ['no prompt', { type: 'generate' }, ['/prompt']],
  ['an empty prompt', { ...GOOD, prompt: '' }, ['/prompt']],
  ['a blank prompt', { ...GOOD, prompt: ' \n ' }, ['/prompt']],
  ['a prompt that is too long', { ...GOOD, prompt: 'x'.repeat(10_001) }, ['/prompt']],
  ['a prompt of another type', { ...GOOD, prompt: 7 }, ['/prompt']],
  ['an unknown field', { ...GOOD, colour: 'red' }, ['/colour']],
  ['an unknown field with a slash in its name', { ...GOOD, 'a/b': 1 }, ['/a~1b']],
  ['an unknown skill', { ...GOOD, skill: 'origami' }, ['/skill']],
  ['an unknown format', { ...GOOD, export: { format: 'gif' } }, ['/export']],
  ['metadata that are not strings', { ...GOOD, metadata: { a: 1 } }, ['/metadata/a']],
  [
    'too much metadata',
    { ...GOOD, metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, ''])) },
    ['/metadata'],
  ],
  ['a webhook that is no URL', { ...GOOD, webhook: { url: 'nowhere' } }, ['/webhook/url']],
  ['a webhook to a private address', { ...GOOD, webhook: { url: 'https://10.0.0.1/x' } }, ['/webhook/url']],
  [
    'a webhook with an unknown event',
    { ...GOOD, webhook: { url: 'https://example.com', events: ['job.x'] } },
    ['/webhook/events/0'],
  ],
  [
    'an unknown field of a webhook',
    { ...GOOD, webhook: { url: 'https://example.com', secret: 'x' } },
    ['/webhook/secret'],
  ],
  ['a priority out of range', { ...GOOD, priority: 101 }, ['/priority']],
  ['a session that is no id', { ...GOOD, session_id: 'x' }, ['/session_id']],
  ['a session that does not exist', { ...GOOD, session_id: newId('ses') }, ['/session_id']],
  ['an export without a session', { type: 'export' }, ['/session_id']],
  ['an export with a prompt', { type: 'export', session_id: newId('ses'), prompt: 'A fox' }, ['/prompt']],
  ['NUL in a prompt', { ...GOOD, prompt: 'a\0b' }, ['/prompt']],
  ['half a surrogate in metadata', '{"type":"generate","prompt":"A fox","metadata":{"a":"\\ud83e"}}', ['/metadata/a']],
  ['several faults at once', { type: 'generate', prompt: '', priority: 'high', x: 1 }, ['/prompt', '/priority', '/x']],
];

let service: TestService;

beforeAll(async () => {
  service = await startService({ workers: false });
});

afterAll(() => service?.stop());

const stored = async () => {
  const [row] = await service.database.sql<{ jobs: number; sessions: number }>(
    'SELECT (SELECT count(*) FROM job)::int AS jobs, (SELECT count(*) FROM session)::int AS sessions',
  );
  return row;
};

describe('a body with faults', () => {
  it.each(FAULTS)('%s: 422 with a pointer per fault, nothing stored', async (_what, body, pointers) => {
    const answer = await service.client.post<Problem>('/v1/jobs', body);
    expect(answer.status).toBe(422);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ status: 422, code: 'validation_failed', instance: '/v1/jobs' });
    expect(answer.body.errors?.map((fault) => fault.pointer).sort()).toEqual([...pointers].sort());
    for (const fault of answer.body.errors ?? []) expect(fault.detail).not.toBe('');
    expect(await stored()).toEqual({ jobs: 0, sessions: 0 });
  });

  it.each([
    ['broken JSON', '{"type":', 'application/json', 400, 'invalid_json'],
    ['an empty body', '', 'application/json', 400, 'invalid_json'],
    ['a poisoned prototype', '{"__proto__":{"x":1}}', 'application/json', 400, 'invalid_json'],
    ['another content type', '<a/>', 'text/xml', 415, 'unsupported_media_type'],
    [
      'a body over 1 MiB',
      JSON.stringify({ ...GOOD, metadata: { a: 'x'.repeat(1_100_000) } }),
      'application/json',
      413,
      'payload_too_large',
    ],
    ['null', 'null', 'application/json', 422, 'validation_failed'],
    ['a list', '[]', 'application/json', 422, 'validation_failed'],
  ])('%s is a problem document too', async (_what, body, type, status, code) => {
    const answer = await service.client.post<Problem>('/v1/jobs', body, { 'content-type': type });
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
  });
});

describe('who may', () => {
  it.each([
    ['no key', ''],
    ['a wrong key', 'Bearer rk_wrong'],
    ['another scheme', 'Basic cms6'],
  ])('%s: 401', async (_what, authorization) => {
    const answer = await service.client.post<Problem>('/v1/jobs', GOOD, { authorization });
    expect(answer.body).toMatchObject({ status: 401, code: 'unauthorized' });
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it('sees nothing of another tenant', async () => {
    const job = await service.client.submit(GOOD);
    await service.database.sql("UPDATE job SET tenant_id = 'someone else'");
    expect((await service.client.get<Problem>(`/v1/jobs/${job.id}`)).body).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    await service.database.sql("UPDATE session SET tenant_id = 'someone else'");
    const answer = await service.client.post<Problem>('/v1/jobs', { ...GOOD, session_id: job.session_id });
    expect(answer.body.errors).toEqual([{ pointer: '/session_id', detail: expect.any(String) }]);
  });

  it.each(['/v1/jobs/nonsense', `/v1/jobs/${newId('job')}`, '/v1/nothing', '/nothing'])('%s: 404', async (path) => {
    expect((await service.client.get<Problem>(path)).body).toMatchObject({ status: 404, code: 'not_found' });
  });
});

it('echoes a request id, and makes one where there is none', async () => {
  const given = await service.client.get<Problem>('/v1/nothing', { 'x-request-id': 'abc-123' });
  expect(given.headers['x-request-id']).toBe('abc-123');
  expect(given.body.request_id).toBe('abc-123');
  expect((await service.client.get('/health/live')).headers['x-request-id']).toMatch(/^req_/);
});
