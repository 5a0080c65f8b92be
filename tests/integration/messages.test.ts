import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { newId } from '../../src/lib/ids.ts';
import { giveFile, pngFile, textFile } from '../support/files.ts';
import { startService, type TestService } from '../support/service.ts';
import { addTenant } from '../support/tenant.ts';
import { createTenant } from '../support/tenants.ts';

type Answer = { action: string; job?: JobView; credits?: unknown; session?: { session_id: string; status: string } };
type Problem = { status: number; code: string; detail: string; errors?: { pointer: string; detail: string }[] };

let service: TestService;
/** A job that left a video in its session. */
let made: JobView;
let photo: string;

const say = <T = Answer>(body: Record<string, unknown>, headers = {}) =>
  service.client.post<T>('/v1/messages', body, headers);

beforeAll(async () => {
  service = await startService();
  photo = (await giveFile(service, pngFile())).id;
  made = await service.client.ended((await service.client.submit({ type: 'generate', prompt: 'A red fox' })).id);
});

afterAll(() => service?.stop());

it('before anything was made, an export is 409 and a status 404', async () => {
  const client = await createTenant(service);
  const ask = async (text: string) => (await client.post<Problem>('/v1/messages', { text })).body;
  expect(await ask('export')).toMatchObject({ status: 409, code: 'draft_not_ready' });
  expect(await ask('状态')).toMatchObject({ status: 404, code: 'not_found' });
});

describe('words that make something', () => {
  it('are a generate job, as from POST /v1/jobs', async () => {
    const options = { model: '2.0' };
    const answer = await say({
      text: 'A red fox in deep snow',
      skill: 'pika-labs',
      options,
      metadata: { order: '42' },
      priority: 5,
      format: 'mov',
    });
    expect(answer.status).toBe(202);
    expect(Object.keys(answer.body)).toEqual(['action', 'job']);
    const { action, job } = answer.body;
    expect(action).toBe('generate');
    expect(job).toMatchObject({
      type: 'generate',
      status: 'queued',
      skill: 'pika-labs',
      metadata: { order: '42' },
      priority: 5,
      input: { prompt: 'A red fox in deep snow', language: 'en', options, assets: [], export: null },
    });
    expect(answer.headers.location).toBe(`/v1/jobs/${job?.id}`);
    expect((await service.client.ended(job?.id ?? '')).status).toBe('succeeded');
  });

  it('go on in a session that they name', async () => {
    const { body } = await say({ text: '把标题改成红狐', session_id: made.session_id });
    expect(body).toMatchObject({
      action: 'generate',
      job: { session_id: made.session_id, input: { language: 'zh-CN' } },
    });
    await service.client.ended(body.job?.id ?? '');
  });

  it('may be those of a text file', async () => {
    const asset_id = (await giveFile(service, textFile('A fox by night'))).id;
    const tenant = { skill: 'sora-video-generation', assets: [{ asset_id }] };
    for (const body of [tenant, { ...tenant, text: '  ' }]) {
      expect((await say(body)).body).toMatchObject({
        action: 'generate',
        job: { input: { prompt: 'A fox by night' } },
      });
    }
    expect((await say<Problem>({ ...tenant, text: 'upload' })).body.errors).toMatchObject([
      { pointer: '/assets/0/asset_id' },
    ]);
  });
});

/** What the router makes of words is in tests/unit/domain/intent.test.ts; here is one of each kind. */
describe('what words ask for', () => {
  const files = () => [{ asset_id: photo }];

  it.each<[text: string, withFiles: boolean, action: string]>([
    ['Export as MP4, please!', false, 'export'],
    ['send me the video', false, 'export'],
    ['把视频导出', false, 'export'],
    ['How much balance is left?', false, 'credits'],
    ['积分', false, 'credits'],
    ['show tracks', false, 'state'],
    ['现在是什么状态？', false, 'state'],
    ['upload', true, 'upload'],
    ['', true, 'upload'],
    ['上传这些照片', true, 'upload'],
    ['make them dance', true, 'generate'],
    ['export', true, 'generate'],
    ['make a video about work-life balance', false, 'generate'],
    ['export it and add a title', false, 'generate'],
    ['how to export grain to a neighbour by ship', false, 'generate'],
    ['下载视频之前我想先看看第二个镜头', false, 'generate'],
    ['加一个状态栏', false, 'generate'],
  ])('%j (with files: %s): %s', async (text, withFiles, action) => {
    // Edits of the one video would wait for each other.
    const session = action === 'generate' || action === 'upload' ? {} : { session_id: made.session_id };
    const answer = await say({ text, ...session, ...(withFiles ? { assets: files() } : {}) });
    expect(answer.body.action).toBe(action);
    expect(answer.status).toBe(action === 'credits' || action === 'state' ? 200 : 202);
    expect(answer.body.job?.type).toBe(answer.body.job && action);
  });
});

describe('an export', () => {
  it.each<[string, Record<string, unknown>, Record<string, string>]>([
    ['export', {}, { format: 'mp4', quality: 'high' }],
    ['export', { format: 'webm', quality: 'low' }, { format: 'webm', quality: 'low' }],
    ['export', { export: { format: 'mov' } }, { format: 'mov', quality: 'high' }],
    ['export as MOV in low quality', { export: true }, { format: 'mov', quality: 'low' }],
    ['用webm格式导出', { quality: 'medium' }, { format: 'webm', quality: 'medium' }],
    ['export as mov', { format: 'avi' }, { format: 'avi', quality: 'high' }],
  ])('%j with %j', async (text, fields, input) => {
    const { body } = await say({ text, session_id: made.session_id, ...fields });
    expect(body).toMatchObject({ action: 'export', job: { session_id: made.session_id, input } });
  });

  it('without a session means the latest; Prefer: wait waits for the video', async () => {
    const client = await createTenant(service);
    const old = await client.submit({ type: 'generate', prompt: 'An old film' });
    const latest = await client.submit({ type: 'generate', prompt: 'A new film' });
    for (const { id } of [old, latest]) expect((await client.ended(id)).status).toBe('succeeded');
    const answer = await client.post<Answer>('/v1/messages', { text: 'export' }, { prefer: 'wait=30' });
    expect(answer.status).toBe(200);
    expect(answer.headers['preference-applied']).toBe('wait');
    expect(answer.body).toMatchObject({
      action: 'export',
      job: {
        session_id: latest.session_id,
        status: 'succeeded',
        charged: 'no',
        cost: { charged: 0, certainty: 'none' },
      },
    });
    const { body } = await client.post<Answer>('/v1/messages', { text: 'status' });
    expect(body).toEqual({
      action: 'state',
      session: {
        ...(await client.get<object>(`/v1/sessions/${latest.session_id}/state`)).body,
        as_of: expect.any(String),
        status: 'ready',
        workspace_url: expect.stringMatching(/claim\?ct=clm_/),
      },
    });
  });
});

it('credits are those of GET /v1/credits', async () => {
  const { body } = await say({ text: 'balance?' });
  const { body: credits } = await service.client.get<object>('/v1/credits');
  expect(body).toEqual({
    action: 'credits',
    credits: {
      ...credits,
      available: expect.any(Number),
      total: expect.any(Number),
      frozen: expect.any(Number),
      as_of: expect.any(String),
    },
  });
});

describe('faults', () => {
  const nowhere = newId('ses');
  it.each<[what: string, body: Record<string, unknown>, pointers: string[]]>([
    ['nothing said', {}, ['/text']],
    ['blank words', { text: ' \n' }, ['/text']],
    ['words of another type', { text: 7 }, ['/text']],
    ['too many words', { text: 'x'.repeat(10_001) }, ['/text']],
    ['NUL in the words', { text: 'a\0b' }, ['/text']],
    ['an unknown field', { text: 'A fox', prompt: 'A fox' }, ['/prompt']],
    ['a type', { text: 'A fox', type: 'generate' }, ['/type']],
    ['an unknown skill', { text: 'A fox', skill: 'origami' }, ['/skill']],
    ['an unknown format', { text: 'export', format: 'gif' }, ['/format']],
    ['an asset that is not there', { text: 'A fox', assets: [{ asset_id: newId('ast') }] }, ['/assets/0/asset_id']],
    ['a webhook to a private address', { text: 'A fox', webhook: { url: 'https://10.0.0.1/x' } }, ['/webhook/url']],
    ['a message in no session', { text: 'A fox', session_id: nowhere }, ['/session_id']],
    ['an export of no session', { text: 'export', session_id: nowhere }, ['/session_id']],
    ['the state of no session', { text: 'status', session_id: nowhere }, ['/session_id']],
    ['the state of what is no id', { text: 'status', session_id: 'x' }, ['/session_id']],
    ['an upload of nothing', { text: 'upload' }, ['/assets']],
    ['credits in no session', { text: 'credits', session_id: nowhere }, ['/session_id']],
  ])('%s: 422 with a pointer each', async (_what, body, pointers) => {
    const { body: problem } = await say<Problem>(body);
    expect(problem).toMatchObject({ status: 422, code: 'validation_failed' });
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  it('a replay says what the first request did, also when its text file is gone', async () => {
    const asset_id = (await giveFile(service, textFile('A fox at dawn'))).id;
    const body = { skill: 'sora-video-generation', assets: [{ asset_id }] };
    const headers = { 'idempotency-key': 'fox-at-dawn' };
    const first = await say(body, headers);
    await service.client.delete(`/v1/assets/${asset_id}`);
    const again = await say(body, headers);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.body).toMatchObject({ action: 'generate', job: { id: first.body.job?.id } });
  });

  it('what a job would call the prompt is the text here', async () => {
    expect((await say<Problem>({})).body.detail).toMatch(/^\/text: Must say something/);
  });

  it('no session of another tenant is exported or shown', async () => {
    const other = await addTenant(service, 'other');
    for (const text of ['export', 'status']) {
      const { body } = await other.post<Problem>('/v1/messages', { text, session_id: made.session_id });
      expect(body.errors).toMatchObject([{ pointer: '/session_id' }]);
    }
    expect((await other.post('/v1/messages', { text: 'status' })).status).toBe(404);
  });
});
