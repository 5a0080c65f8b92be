import pg from 'pg';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

const CLIENTS = 2_000;
const WAVE = 20;

let service: TestService;
let agent: Agent;

beforeAll(async () => {
  service = await startService({ workers: false });
  agent = new Agent({ connections: CLIENTS, pipelining: 1 });
});

afterAll(async () => {
  await agent?.destroy();
  await service?.stop();
});

const nameOf = (query: unknown) => String((query as { name?: string } | null)?.name);
const isLook = (query: unknown) => ['events_after', 'progress_of'].includes(nameOf(query));

it('2,000 clients wait on one process: nobody polls for them, and all are answered, together', async () => {
  const jobs = await Promise.all(
    Array.from({ length: 20 }, (_, n) => service.client.submit({ type: 'generate', prompt: `Is it you, ${n}?` })),
  );
  const get = (path: string, headers: Record<string, string> = {}) =>
    request(`${service.url}${path}`, {
      dispatcher: agent,
      headers: { authorization: `Bearer ${service.env.BOOTSTRAP_API_KEY}`, ...headers },
    });
  const answers: ReturnType<typeof get>[] = [];
  // In waves: a stream answers at once, and tells with it that those before it are being served.
  while (answers.length < CLIENTS) {
    const path = `/v1/jobs/${jobs[(answers.length / WAVE) % jobs.length]?.id}`;
    const waits = Array.from({ length: WAVE / 2 }, () => get(path, { prefer: 'wait=60' }));
    const streams = Array.from({ length: WAVE / 2 }, () => get(`${path}/events`));
    answers.push(...waits, ...streams);
    await Promise.all(streams);
  }
  expect(agent.stats[service.url]?.running).toBe(CLIENTS);

  const queries = vi.spyOn(pg.Pool.prototype, 'query');
  // Two statements a look, and nothing else: eight in a row are four looks, a second of quiet.
  await waitFor('quiet', async () => {
    const last = queries.mock.calls.slice(-8);
    return last.length === 8 && last.every(([query]) => isLook(query));
  });
  expect(agent.stats[service.url]?.running).toBe(CLIENTS);
  queries.mockClear();

  await service.startWorkers();
  for (const { statusCode, body } of await Promise.all(answers)) {
    expect(statusCode).toBe(200);
    expect(await body.text()).toContain('"status":"succeeded"');
  }
  // Those who wait for one job read its end together: a few statements a job, and not one a client.
  const reads = queries.mock.calls.filter(([query]) => nameOf(query) === 'watched_jobs');
  expect(reads.length).toBeLessThan(CLIENTS / WAVE);
  queries.mockRestore();
}, 120_000);
