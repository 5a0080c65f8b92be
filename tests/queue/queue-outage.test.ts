import { afterAll, beforeAll, expect, inject, it, onTestFinished } from 'vitest';
import { settlesWithin } from '../../src/lib/settles-within.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

// Only a Redis that we started can be taken down; on the Postgres backend there is no queue to lose.
const ours = inject('backend') === 'redis' && inject('redisUrl') === null;

let service: TestService;

beforeAll(async () => {
  // Slow enough that a turn can be caught in the middle.
  if (ours) service = await startService({ workers: false, sandbox: { speed: 60 }, env: { DRAIN_TIMEOUT: '0s' } });
});

afterAll(() => service?.stop());

it.runIf(ours)('with Redis down jobs are taken as ever, and run when it is back', async () => {
  const workers = await service.startWorkers();
  await service.redis?.outage?.begin();
  const ids: string[] = [];
  for (const prompt of ['A fox', 'A wolf', 'A bear']) {
    ids.push((await service.client.submit({ type: 'generate', prompt })).id);
  }
  await service.redis?.outage?.end();
  for (const id of ids) expect(await service.client.ended(id)).toMatchObject({ status: 'succeeded' });
  await workers.stop();
});

it.runIf(ours)('a worker that is told to stop while Redis is down gives its jobs back', async () => {
  const workers = await service.startWorkers();
  const rowOf = async (id: string) =>
    (await service.database.sql('SELECT turn_state, dispatch_no, owner, finished_at FROM job WHERE id = $1', [id]))[0];
  const first = await service.client.submit({ type: 'generate', prompt: 'A film in hand #heartbeats-only' });
  await waitFor('the message', async () => (await rowOf(first.id))?.turn_state === 'sending');
  await service.redis?.outage?.begin();
  const second = await service.client.submit({ type: 'generate', prompt: 'A film that is not taken' });
  await waitFor('the mark', async () => (await rowOf(second.id))?.dispatch_no === 1);
  const stopped = workers.stop();
  const given = await waitFor('the job to be given back', async () => {
    const row = await rowOf(first.id);
    return row?.owner === null && row;
  });
  expect(given).toMatchObject({ turn_state: 'sending', finished_at: null });
  await service.redis?.outage?.end();
  await stopped;
});

it.runIf(ours)('with Redis down a worker that is told to stop does so in time', async () => {
  const stopping = await startService({ env: { DRAIN_TIMEOUT: '0s' }, workers: false });
  onTestFinished(() => stopping.stop());
  const workers = await stopping.startWorkers();
  await stopping.redis?.outage?.begin();
  onTestFinished(() => stopping.redis?.outage?.end());
  const { id } = await stopping.client.submit({ type: 'generate', prompt: 'A fox' });
  const dispatched = () => stopping.database.sql('SELECT FROM job WHERE id = $1 AND dispatched_at IS NOT NULL', [id]);
  await waitFor('the dispatch', async () => (await dispatched()).length > 0);
  // 10 s to hand over, and to close on a slow machine.
  expect(await settlesWithin(workers.stop(), 20_000)).toBe(true);
});
