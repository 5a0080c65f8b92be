import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobResult } from '../../src/lib/domain/job.ts';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

/** A registered user of the sandbox: the test can speak in its sessions as well. */
const TOKEN = 'nmv_usr_retries_and_others';

let service: TestService;

beforeAll(async () => {
  service = await startService({ env: { RENDER_TIMEOUT: '300ms', NEMO_TOKEN: TOKEN } });
});

afterAll(() => service?.stop());

const retry = (id: string, body: unknown = {}) =>
  service.client.post<JobView & { code: string; existing: string }>(`/v1/jobs/${id}/retry`, body);

const PREVIEW: JobResult = {
  text: '',
  changes: [],
  timeline: { summary: 'Timeline (0 tracks):', duration_ms: 0, tracks: [] },
  media: [{ url: 'https://cdn.example/raw.mp4', kind: 'video' }],
  suggested_actions: [],
  output: null,
  workspace_url: null,
};

/** `seen`: as if a preview had been shown before the message came to nothing. */
const failed = async ({ seen = false, ...body }: Record<string, unknown>) => {
  const line = seen ? await service.client.submit({ type: 'generate', prompt: 'Before it' }) : null;
  const { id } = await service.client.submit({
    type: 'generate',
    ...body,
    ...(line && { session_id: line.session_id }),
  });
  if (seen) await service.database.sql('UPDATE job SET result = $2 WHERE id = $1', [id, JSON.stringify(PREVIEW)]);
  const job = await service.client.ended(id);
  expect(job.status).toBe('failed');
  return job;
};

/** As after a message whose effect could not be read in time. */
const doubtful = async (prompt: string) => {
  const job = await failed({ prompt: `${prompt} #no-change` });
  await service.database.sql("UPDATE job SET charged = 'unknown' WHERE id = $1", [job.id]);
  return job;
};

const retried = async (id: string, body?: unknown) => {
  const answer = await retry(id, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  expect(answer.headers.location).toBe(`/v1/jobs/${answer.body.id}`);
  return service.client.ended(answer.body.id);
};

const messagesOf = async (prompt: string) =>
  (await service.sandbox.log()).messages.filter(({ text }) => text.includes(prompt));

/** Does in the session what the lost message would have done there. */
async function arrive(sessionId: string): Promise<void> {
  const [session] = await service.database.sql('SELECT upstream_id FROM session WHERE id = $1', [sessionId]);
  const skill = { 'x-skill-source': 'nemo-video', 'x-skill-version': '1.9.0', 'x-skill-platform': 'unknown' };
  const answer = await request(`${service.sandbox.url}/run_sse`, {
    method: 'POST',
    headers: { ...skill, authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      app_name: 'nemo_agent',
      user_id: 'me',
      session_id: session?.upstream_id,
      new_message: { parts: [{ text: 'What was lost' }] },
    }),
  });
  await answer.body.dump({ limit: 10_000_000 });
}

describe('retry', () => {
  it('a failed render is rendered anew from the stored draft, and the agent is not talked to again', async () => {
    const first = await failed({ prompt: 'A clip #render-fails', export: true, metadata: { order: '7' } });
    expect(first).toMatchObject({ error: { code: 'render_failed' }, charged: 'yes', attempt: 1, retry_of: null });
    // What somebody did to the session meanwhile is not in it.
    await service.database.sql(`UPDATE session SET state = '{}' WHERE id = $1`, [first.session_id]);
    const job = await retried(first.id);
    expect(job).toMatchObject({
      retry_of: first.id,
      attempt: 2,
      metadata: { order: '7' },
      session_id: first.session_id,
    });
    expect(job).toMatchObject({ status: 'failed', error: { code: 'render_failed' }, charged: 'no' });
    expect(await messagesOf('A clip')).toHaveLength(1);
    const renders = await service.database.sql('SELECT job_id, draft::text FROM render WHERE job_id = ANY($1)', [
      [first.id, job.id],
    ]);
    expect(renders.map(({ job_id }) => job_id).sort()).toEqual([first.id, first.id, job.id, job.id]);
    expect(new Set(renders.map(({ draft }) => draft)).size).toBe(1);
  });

  it('a render that took too long is asked after first, and not made again when it is there', async () => {
    const first = await failed({ prompt: 'A slow clip #render-slow', export: true });
    expect(first.error).toMatchObject({ code: 'render_timeout' });
    const [render] = await service.database.sql('SELECT id FROM render WHERE job_id = $1', [first.id]);
    await waitFor('the end of the render', async () => {
      const { renders } = await service.sandbox.log();
      return renders.find(({ id }) => id === render?.id)?.status === 'completed';
    });
    const job = await retried(first.id);
    expect(job).toMatchObject({ status: 'succeeded', charged: 'no', cost: { certainty: 'none' } });
    expect(job.result?.output?.render_id).toBe(render?.id);
    expect(job.result?.text).toBe(first.result?.text);
    expect(await messagesOf('A slow clip')).toHaveLength(1);
  });

  it('a render that never ends makes room for a new one, and is canceled upstream', async () => {
    const first = await failed({ prompt: 'A stuck clip #render-stuck', export: true });
    const job = await retried(first.id);
    expect(job).toMatchObject({ status: 'failed', error: { code: 'render_timeout' } });
    const renders = await service.database.sql(
      'SELECT id, number, state FROM render WHERE job_id = $1 ORDER BY number',
      [job.id],
    );
    expect(renders.map(({ number, state }) => [number, state])).toEqual([
      [0, 'canceled'],
      [1, 'submitted'],
    ]);
    const log = await service.sandbox.log();
    expect(log.renders.find(({ id }) => id === renders[0]?.id)?.status).toBe('canceled');
  });

  it('a message that cost nothing is sent again', async () => {
    const first = await failed({ prompt: 'Nothing happens #no-change' });
    expect(first).toMatchObject({ error: { code: 'no_change' }, charged: 'no' });
    await retried(first.id);
    expect(await messagesOf('Nothing happens')).toHaveLength(2);
  });

  it('one that had shown a preview and came to nothing is sent again as well: nothing goes on from the preview', async () => {
    const first = await failed({ prompt: 'A preview of nothing #no-change', seen: true });
    expect(first.result).toBeNull();
    await retried(first.id);
    expect(await messagesOf('A preview of nothing')).toHaveLength(2);
  });

  it('one that may have cost credits is not, unless that is accepted', async () => {
    const first = await doubtful('In doubt');
    const refused = await retry(first.id);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'charge_unknown' });
    await retried(first.id, { accept_duplicate_charge: true });
    expect(await messagesOf('In doubt')).toHaveLength(2);
  });

  it('a lost message that has arrived meanwhile is the result of the retry: nothing is sent', async () => {
    const first = await doubtful('A late arrival');
    await arrive(first.session_id);
    const job = await retried(first.id, { accept_duplicate_charge: true });
    expect(job).toMatchObject({ status: 'succeeded', charged: 'no' });
    expect(job.result?.changes.length).toBeGreaterThan(0);
    expect(await messagesOf('A late arrival')).toHaveLength(1);
  });

  it('one retry at a time: a second is told of the first, which cannot be retried before it has ended', async () => {
    // Without workers, the first retry has not ended when the second is asked for.
    const idle = await startService({ workers: false });
    const ask = (id: string, what: string) =>
      idle.client.post<JobView & { code: string; existing: string }>(`/v1/jobs/${id}/${what}`, {});
    const first = await idle.client.submit({ type: 'generate', prompt: 'Never run' });
    await ask(first.id, 'cancel');
    const answers = await Promise.all([ask(first.id, 'retry'), ask(first.id, 'retry'), ask(first.id, 'retry')]);
    const [taken, ...more] = answers.filter(({ status }) => status === 202);
    expect(more).toEqual([]);
    const [second] = answers.filter(({ status }) => status === 409);
    expect(second?.body).toMatchObject({ code: 'retry_in_progress', existing: `/v1/jobs/${taken?.body.id}` });
    const itself = await ask(String(taken?.body.id), 'retry');
    expect(itself.body).toMatchObject({ status: 409, code: 'job_not_retryable' });
    await idle.stop();
  });

  it('the same request again, by its Idempotency-Key, is answered with the same retry', async () => {
    const first = await failed({ prompt: 'Once #no-change' });
    const ask = () => service.client.post<JobView>(`/v1/jobs/${first.id}/retry`, {}, { 'idempotency-key': 'retry-1' });
    const [made, replayed] = [await ask(), await ask()];
    expect([made.status, replayed.status]).toEqual([202, 202]);
    expect(replayed.body.id).toBe(made.body.id);
    expect(replayed.headers['idempotent-replayed']).toBe('true');
  });

  it('what has not ended, or has succeeded, is not retryable', async () => {
    const { id } = await service.client.submit({ type: 'generate', prompt: 'Fine?' });
    expect((await retry(id)).body).toMatchObject({ status: 409, code: 'job_not_retryable' });
    await service.client.ended(id);
    expect((await retry(id)).body).toMatchObject({ status: 409, code: 'job_not_retryable' });
  });

  it('asked of an earlier try, it goes on from the latest', async () => {
    const first = await failed({ prompt: 'Again and again #no-change' });
    const second = await retried(first.id);
    const third = await retried(first.id);
    expect(third).toMatchObject({ retry_of: second.id, attempt: 3 });
  });
});
