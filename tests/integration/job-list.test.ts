import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { newId } from '../../src/lib/ids.ts';
import type { Client } from '../support/client.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTenant } from '../support/tenants.ts';

type List = { object: 'list'; data: JobView[]; has_more: boolean };

let service: TestService;
let other: Client;
/** By what sets them apart; all others of the tenant are plain. */
const jobs: Record<string, JobView> = {};

beforeAll(async () => {
  service = await startService({ workers: false });
  other = await createTenant(service);
  const submit = (body: Record<string, unknown>) =>
    service.client.submit({ type: 'generate', prompt: 'A fox', ...body });
  jobs.oldest = await submit({});
  jobs.pika = await submit({ skill: 'pika-labs' });
  jobs.upload = await submit({ type: 'upload', prompt: undefined, assets: [{ url: 'https://example.com/a.mp4' }] });
  jobs.export = await submit({ type: 'export', prompt: undefined, session_id: jobs.oldest.session_id });
  jobs.canceled = await submit({});
  await service.client.post(`/v1/jobs/${jobs.canceled.id}/cancel`, {});
  jobs.canceling = await submit({});
  jobs.running = await submit({});
  await service.database.sql("UPDATE job SET status = 'running', started_at = now() WHERE id = ANY($1)", [
    [jobs.canceling.id, jobs.running.id],
  ]);
  await service.client.post(`/v1/jobs/${jobs.canceling.id}/cancel`, {});
  await other.submit({ type: 'generate', prompt: 'A stranger', skill: 'pika-labs' });
});

afterAll(() => service?.stop());

const list = async (query: string) => (await service.client.get<List>(`/v1/jobs${query}`)).body;
const names = async (query: string) => {
  const { data } = await list(query);
  return data.map(({ id }) => Object.keys(jobs).find((name) => jobs[name]?.id === id));
};
const at = (job: JobView | undefined) => encodeURIComponent(job?.created_at ?? '');

describe('GET /v1/jobs', () => {
  it('shows all jobs of the tenant as they are shown alone, newest first', async () => {
    expect(await names('')).toEqual(Object.keys(jobs).reverse());
    const { data, has_more } = await list('?limit=1');
    expect(data).toEqual([await service.client.job(jobs.running?.id ?? '')]);
    expect(has_more).toBe(true);
  });

  it.each([
    ['?status=queued', ['upload', 'pika', 'oldest']],
    ['?status=waiting', ['export']],
    ['?status=running', ['running']],
    ['?status=canceling', ['canceling']],
    ['?status=canceled', ['canceled']],
    ['?status=succeeded', []],
    ['?type=upload', ['upload']],
    ['?skill=pika-labs', ['pika']],
    ['?skill=origami', []],
    ['?type=export&status=waiting', ['export']],
    ['?type=export&status=queued', []],
  ])('%s: %s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it('finds the jobs of a session, and those of a span of time without its borders', async () => {
    expect(await names(`?session_id=${jobs.oldest?.session_id}`)).toEqual(['export', 'oldest']);
    expect(await names(`?created_after=${at(jobs.canceled)}`)).toEqual(['running', 'canceling']);
    expect(await names(`?created_before=${at(jobs.pika)}`)).toEqual(['oldest']);
    expect(await names(`?created_after=${at(jobs.oldest)}&created_before=${at(jobs.export)}`)).toEqual([
      'upload',
      'pika',
    ]);
    expect(await names('?created_before=1970-01-01T00:00:00Z')).toEqual([]);
    expect(await names('?created_after=2999-12-31T23:59:59%2B14:00')).toEqual([]);
  });

  it('pages through what a filter leaves, also from a job that the filter leaves out', async () => {
    const first = await list('?status=queued&limit=2');
    expect(first.has_more).toBe(true);
    const second = await list(`?status=queued&limit=2&starting_after=${first.data.at(-1)?.id}`);
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(
      [jobs.upload, jobs.pika, jobs.oldest].map((job) => job?.id),
    );
    expect(second.has_more).toBe(false);
    expect(await names(`?status=queued&starting_after=${jobs.running?.id}`)).toEqual(['upload', 'pika', 'oldest']);
  });

  it.each([
    ['status=done', '?status'],
    ['status=queued&status=running', '?status'],
    ['type=paint', '?type'],
    ['session_id=x', '?session_id'],
    ['skill=a%00b', '?skill'],
    ['created_after=yesterday', '?created_after'],
    ['created_after=2026-11-21', '?created_after'],
    ['created_before=9999-12-31T23:59:59-12:00', '?created_before'],
    ['created_before=0000-01-01T00:00:00Z', '?created_before'],
    ['limit=0', '?limit'],
    ['limit=1e9', '?limit'],
    ['starting_after=x', '?starting_after'],
    [`starting_after=${newId('ses')}`, '?starting_after'],
    ['colour=red', '?colour'],
    ['__proto__=x', '?__proto__'],
  ])('%s: 422 that names the parameter', async (query, pointer) => {
    const answer = await service.client.get<{ code: string; errors: { pointer: string }[] }>(`/v1/jobs?${query}`);
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
    expect(answer.body.errors.map((fault) => fault.pointer)).toEqual([pointer]);
  });

  it('shows nothing of another tenant, whose session is no session', async () => {
    expect((await other.get<List>('/v1/jobs')).body.data).toHaveLength(1);
    const session = jobs.oldest?.session_id;
    expect((await other.get<List>(`/v1/jobs?session_id=${session}`)).body.data).toEqual([]);
  });
});
