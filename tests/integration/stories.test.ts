import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { startService, type TestService } from '../support/service.ts';

/** What the upstream plays (docs/sandbox.md), and what the client is told. */
const STORIES: { story: string; says: string; job: Partial<Record<keyof JobView, unknown>> & { status: string } }[] = [
  { story: '#typed', says: 'the early dialect', job: { status: 'succeeded', charged: 'yes' } },
  { story: '#streaming', says: 'partial texts', job: { status: 'succeeded', charged: 'yes' } },
  { story: '#silent', says: 'nothing after the edit', job: { status: 'succeeded', charged: 'yes' } },
  { story: '#heartbeats', says: 'only heartbeats for a while', job: { status: 'succeeded', charged: 'yes' } },
  { story: '#cut', says: 'half of it, and the run goes on', job: { status: 'succeeded', charged: 'yes' } },
  { story: '#error', says: 'an error and then an answer', job: { status: 'succeeded' } },
  { story: '#text', says: 'words only', job: { status: 'succeeded', result: { changes: [] } } },
  {
    story: '#no-credits',
    says: '2001',
    job: { status: 'failed', charged: 'no', error: { code: 'credits_exhausted' } },
  },
  { story: '#error-fatal', says: 'a fatal frame', job: { status: 'failed', error: { code: 'agent_error' } } },
  { story: '#no-change', says: 'nothing', job: { status: 'failed', error: { code: 'no_change' } } },
  { story: '#rate-limited', says: '429 once', job: { status: 'succeeded', charged: 'yes' } },
];

const EXPORT_STORIES: typeof STORIES = [
  { story: '#render-fails-once', says: 'the first render fails', job: { status: 'succeeded', phase: 'verify' } },
  { story: '#official-render', says: 'the other shape of a render', job: { status: 'succeeded', phase: 'verify' } },
  { story: '#render-fails', says: 'every render fails', job: { status: 'failed', error: { code: 'render_failed' } } },
  { story: '#export-402', says: '402', job: { status: 'failed', charged: 'yes', error: { code: 'export_blocked' } } },
];

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service?.stop());

describe.each(STORIES)('where the upstream says $says ($story)', ({ story, job: expected }) => {
  it('the message is sent once and the client gets one honest result', async () => {
    const prompt = `A lighthouse in the fog ${story}`;
    const { id } = await service.client.submit({ type: 'generate', prompt });
    const job = await service.client.ended(id);
    expect(job).toMatchObject(expected);
    const sent = (await service.sandbox.log()).messages.filter((message) => message.text === prompt);
    expect(sent.filter((message) => message.status !== 'refused').length).toBeLessThanOrEqual(1);
  });
});

describe.each(EXPORT_STORIES)('where at the export $says ($story)', ({ story, job: expected }) => {
  it('the message is sent once and the client gets one honest result', async () => {
    const prompt = `A bridge at night ${story}`;
    const { id } = await service.client.submit({ type: 'generate', prompt, export: true });
    expect(await service.client.ended(id)).toMatchObject(expected);
    const log = await service.sandbox.log();
    expect(log.messages.filter((message) => message.text === prompt)).toHaveLength(1);
    for (const render of log.renders) expect(render.submits).toBe(1);
  });
});

it('a silent edit is reported from the state', async () => {
  const first = await service.client.ended((await service.client.submit({ type: 'generate', prompt: 'A harbour' })).id);
  const { id } = await service.client.submit({
    type: 'generate',
    prompt: 'Add a title #silent',
    session_id: first.session_id,
  });
  const job = await service.client.ended(id);
  expect(job).toMatchObject({ status: 'succeeded', result: { text: '' } });
  expect(job.result?.changes).toContainEqual(expect.objectContaining({ op: 'add', track: 'text' }));
});

it('an anonymous account without credits is shown where to register', async () => {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A garden #no-credits' });
  const job = await service.client.ended(id);
  expect(job.error).toMatchObject({
    action: { kind: 'register', url: expect.stringMatching(/\/register\?bind=anon_/) },
    upstream: { status: 200, code: 2001 },
    retryable: false,
  });
});

it('a render that fails once gets a second id for the same draft', async () => {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A train #render-fails-once', export: true });
  const job = await service.client.ended(id);
  const renders = await service.database.sql<{ id: string; state: string; draft: string }>(
    'SELECT id, state, draft::text FROM render WHERE job_id = $1 ORDER BY number',
    [id],
  );
  expect(renders.map((render) => render.state)).toEqual(['failed', 'completed']);
  expect(renders[0]?.draft).toBe(renders[1]?.draft);
  expect(job.result?.output?.render_id).toBe(renders[1]?.id);
});
