import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/ids.ts';
import { startService, type TestService } from '../support/service.ts';
import { addTenant } from '../support/tenant.ts';

type SessionView = { id: string; name: string | null; status: string; workspace_url: string | null; timeline: unknown };
type StateView = {
  timeline: { summary: string };
  media: { url: string; kind: string }[];
  files: unknown[];
  as_of: string;
  stale: boolean;
};
type List<T> = { data: T[]; has_more: boolean };
type Problem = { code: string; errors?: { pointer: string }[] };

const STATE_ROUTE = 'GET /api/state';
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

let service: TestService;
/** A session with a video. */
let used: SessionView;

beforeAll(async () => {
  service = await startService();
  used = await create({ name: 'Foxes', skill: 'pika-labs', language: 'ja' });
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A red fox', session_id: used.id });
  expect((await service.client.ended(id)).status).toBe('succeeded');
});

afterAll(() => service?.stop());

const create = async (body: unknown = {}) => (await service.client.post<SessionView>('/v1/sessions', body)).body;
const state = (id: string) => service.client.get<StateView>(`/v1/sessions/${id}/state`);

describe('POST /v1/sessions', () => {
  it('makes a new session, which is opened upstream by its first job', async () => {
    const answer = await service.client.post<SessionView>('/v1/sessions', { name: 'Foxes', language: 'zh-CN' });
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v1/sessions/${answer.body.id}`);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^ses_/),
      object: 'session',
      name: 'Foxes',
      skill: 'nemo-video',
      language: 'zh-CN',
      status: 'new',
      workspace_url: null,
      timeline: null,
      created_at: TIME,
    });
    expect((await service.client.get(`/v1/sessions/${answer.body.id}`)).body).toEqual(answer.body);
  });

  it('takes a body with nothing in it, and none', async () => {
    expect(await create()).toMatchObject({ name: null, skill: 'nemo-video', language: null });
    const none = await service.client.post<SessionView>('/v1/sessions', 'null');
    expect(none).toMatchObject({ status: 201, body: { name: null, skill: 'nemo-video' } });
  });

  it.each([
    [{ type: 'generate', prompt: '一只在雪地里的狐狸' }, 'zh-CN'],
    [{ type: 'generate', prompt: 'A fox', language: 'de' }, 'de'],
    [{ type: 'export' }, 'en'],
  ])('without a language has that of the job that opens it upstream: %j', async (job, language) => {
    const { id } = await create();
    await service.client.ended((await service.client.submit({ ...job, session_id: id })).id);
    const opened = await service.client.get(`/v1/sessions/${id}`);
    expect(opened.body).toMatchObject({ status: 'ready', language });
    const later = await service.client.submit({ type: 'generate', prompt: 'What is there?', session_id: id });
    await service.client.ended(later.id);
    expect((await service.client.get(`/v1/sessions/${id}`)).body).toMatchObject({ language });
  });

  it.each([
    ['an unknown skill', { skill: 'origami' }, '/skill'],
    ['a language that is none', { language: 'Japanese' }, '/language'],
    ['a blank name', { name: ' ' }, '/name'],
    ['a name that is too long', { name: 'x'.repeat(201) }, '/name'],
    ['a NUL in a name', { name: 'a\0b' }, '/name'],
    ['an unknown field', { colour: 'red' }, '/colour'],
    ['a list', [], ''],
  ])('%s: 422 with its pointer', async (_what, body, pointer) => {
    const answer = await service.client.post<Problem>('/v1/sessions', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors?.map((fault) => fault.pointer)).toEqual([pointer]);
  });
});

describe('GET /v1/sessions', () => {
  it('shows what a session has become', async () => {
    expect((await service.client.get(`/v1/sessions/${used.id}`)).body).toMatchObject({
      name: 'Foxes',
      skill: 'pika-labs',
      language: 'ja',
      status: 'ready',
      workspace_url: expect.stringMatching(/claim\?ct=clm_/),
      timeline: { summary: expect.stringMatching(/^Timeline \(\d tracks\)/), duration_ms: 10_000 },
    });
  });

  it('pages, newest first', async () => {
    const ids = [await create(), await create(), await create()].map(({ id }) => id).reverse();
    const page = async (query: string) => (await service.client.get<List<SessionView>>(`/v1/sessions${query}`)).body;
    expect((await page('?limit=2')).data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const second = await page(`?limit=1&starting_after=${ids[1]}`);
    expect(second).toMatchObject({ data: [{ id: ids[2] }], has_more: true });
    const last = await page('?limit=100');
    expect(last.has_more).toBe(false);
    expect(last.data.at(-1)?.id).toBe(used.id);
    expect((await service.client.get<Problem>('/v1/sessions?limit=101')).body.errors).toMatchObject([
      { pointer: '?limit' },
    ]);
  });

  it('shows nothing of another tenant', async () => {
    const other = await addTenant(service, 'other');
    for (const path of ['', '/state', '/timeline.svg']) {
      const answer = await other.get<Problem>(`/v1/sessions/${used.id}${path}`);
      expect(answer.body).toMatchObject({ status: 404, code: 'not_found' });
    }
    expect((await other.get<List<SessionView>>('/v1/sessions')).body).toEqual({
      object: 'list',
      data: [],
      has_more: false,
    });
  });

  it.each(['/v1/sessions/nonsense', `/v1/sessions/${newId('ses')}`, `/v1/sessions/${newId('ses')}/state`])(
    '%s: 404',
    async (path) => {
      expect((await service.client.get(path)).body).toMatchObject({ status: 404, code: 'not_found' });
    },
  );
});

describe('the state of a session', () => {
  const storedAt = async () => {
    const [row] = await service.database.sql<{ state_at: Date }>('SELECT state_at FROM session WHERE id = $1', [
      used.id,
    ]);
    return row?.state_at.toISOString();
  };

  it('is an empty timeline before anything was opened upstream', async () => {
    const { id } = await create();
    const before = (await service.sandbox.log()).requests;
    expect((await state(id)).body).toEqual({
      object: 'session_state',
      session_id: id,
      timeline: { summary: 'Timeline (0 tracks)', duration_ms: 0, tracks: [] },
      canvas: null,
      media: [],
      files: [],
      ready_for_export: false,
      as_of: TIME,
      stale: false,
    });
    expect((await service.sandbox.log()).requests).toEqual(before);
  });

  it('is read live, and not stored: a turn may be under way that is compared with what is', async () => {
    const stored = await storedAt();
    const { body } = await state(used.id);
    expect(body).toMatchObject({
      timeline: { summary: expect.stringMatching(/^Timeline \(\d tracks\): 1\. Video: A red fox/) },
      canvas: { width: expect.any(Number), height: expect.any(Number) },
      media: [{ kind: 'video', url: expect.stringMatching(/^http/) }],
      files: [],
      ready_for_export: true,
      stale: false,
    });
    expect(await storedAt()).toBe(stored);
  });

  it('is the last stored one, marked as stale, when the upstream fails; 503 when there is none', async () => {
    const live = (await state(used.id)).body;
    await service.sandbox.fault({ route: STATE_ROUTE, times: 1, status: 502, body: '<html>' });
    expect((await state(used.id)).body).toEqual({ ...live, as_of: await storedAt(), stale: true });

    await service.sandbox.fault({ route: STATE_ROUTE, times: 1, reset: true });
    const stored = await storedAt();
    await service.database.sql('UPDATE session SET state_at = NULL WHERE id = $1', [used.id]);
    const none = await state(used.id);
    expect(none.status).toBe(503);
    expect(none.headers['retry-after']).toMatch(/^\d+$/);
    expect((await state(used.id)).body.stale).toBe(false);
    await service.database.sql('UPDATE session SET state_at = $2 WHERE id = $1', [used.id, stored]);
  });
});

describe('a session that the upstream no longer knows', () => {
  const ask = async (prompt: string, session_id: string | null = null) =>
    service.client.ended((await service.client.submit({ type: 'generate', prompt, session_id })).id);
  const statusOf = async (id: string) => (await service.client.get<SessionView>(`/v1/sessions/${id}`)).body.status;

  it('is lost from the job on that found it gone; later ones look for it and send nothing', async () => {
    const { session_id: id } = await ask('A heron');
    expect(await ask('A title #session-gone', id)).toMatchObject({ error: { code: 'session_not_found' } });
    expect(await statusOf(id)).toBe('lost');
    expect(await ask('Another title', id)).toMatchObject({
      status: 'failed',
      phase: 'session',
      charged: 'no',
      error: { code: 'session_not_found', retryable: false },
    });
    expect(await statusOf(id)).toBe('lost');
    expect((await state(id)).body).toMatchObject({ stale: true, media: [{ kind: 'video' }] });
    const { messages } = await service.sandbox.log();
    expect(messages.filter(({ text }) => text === 'Another title')).toEqual([]);
  });

  it('is ready again once a job finds it', async () => {
    const { session_id: id } = await ask('An otter');
    await service.sandbox.fault({ route: 'GET /api/state', times: 1, code: 1002 });
    expect(await ask('A title for the otter', id)).toMatchObject({ status: 'failed', charged: 'no' });
    expect(await statusOf(id)).toBe('lost');
    expect((await ask('A title after all', id)).status).toBe('succeeded');
    expect(await statusOf(id)).toBe('ready');
  });

  it('is replaced where the job opened it itself and nothing has happened in it', async () => {
    await service.sandbox.fault({ route: 'GET /api/state', times: 1, code: 1002 });
    const { status, session_id: id } = await ask('A badger');
    expect(status).toBe('succeeded');
    expect(await statusOf(id)).toBe('ready');
  });
});

describe('the picture of a timeline', () => {
  const picture = (id: string) => service.client.get<string>(`/v1/sessions/${id}/timeline.svg`);

  it('is an SVG that may do nothing, also of a new session', async () => {
    for (const { id } of [used, await create()]) {
      const answer = await picture(id);
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({
        'content-type': expect.stringMatching(/^image\/svg\+xml/),
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        'x-content-type-options': 'nosniff',
      });
      expect(answer.body).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
    }
    expect((await picture(used.id)).body).toContain('A red fox');
  });

  it('is the last one that is known when the upstream fails', async () => {
    const { body } = await picture(used.id);
    await service.sandbox.fault({ route: STATE_ROUTE, times: 1, status: 500 });
    expect((await picture(used.id)).body).toBe(body);
  });
});

it('GET /v1/skills lists what jobs may name', async () => {
  const { body } = await service.client.get<List<{ name: string }>>('/v1/skills');
  expect(body).toMatchObject({ object: 'list', has_more: false });
  expect(body.data).toHaveLength(6);
  expect(body.data[0]).toEqual({
    object: 'skill',
    name: 'ai-video-creation',
    version: '1.0.0',
    formats: ['mp4', 'mov', 'jpg', 'png'],
    max_bytes: 500_000_000,
    defaults: {},
  });
});
