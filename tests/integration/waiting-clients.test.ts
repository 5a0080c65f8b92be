import pg from 'pg';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

const CLIENTS = 2_000;

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

const isLook = (query: unknown) =>
  ['events_after', 'progress_of'].includes(String((query as { name?: string } | null)?.name));

it('2,000 clients wait on one process: nobody polls for them, and all are answered', async () => {
  const jobs = await Promise.all(
    Array.from({ length: 20 }, (_, n) => service.client.submit({ type: 'generate', prompt: `Is it you, ${n}?` })),
  );
  const get = async (path: string, headers: Record<string, string>) => {
    const answer = await request(`${service.url}${path}`, {
      dispatcher: agent,
      headers: { authorization: `Bearer ${service.env.BOOTSTRAP_API_KEY}`, ...headers },
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  };
  const clients = Array.from({ length: CLIENTS }, (_, n) => {
    const path = `/v1/jobs/${jobs[n % jobs.length]?.id}`;
    return n % 2 === 0 ? get(path, { prefer: 'wait=60' }) : get(`${path}/events`, {});
  });

  const answered = Promise.all(clients);
  // Looked at below, whatever fails before.
  answered.catch(() => undefined);
  await waitFor('all of them', async () => agent.stats[service.url]?.running === CLIENTS, 60_000);

  const queries = vi.spyOn(pg.Pool.prototype, 'query');
  // Two statements a look, and nothing else: eight in a row are four looks, a second of quiet.
  await waitFor('quiet', async () => {
    const last = queries.mock.calls.slice(-8);
    return last.length === 8 && last.every(([query]) => isLook(query));
  });
  expect(agent.stats[service.url]?.running).toBe(CLIENTS);
  queries.mockRestore();

  await service.startWorkers();
  const answers = await answered;
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  for (const { text } of answers) expect(text).toContain('"status":"succeeded"');
}, 120_000);
