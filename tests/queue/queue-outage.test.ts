import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';

// Only a Redis that we started can be taken down; on the Postgres backend there is no queue to lose.
const ours = inject('backend') === 'redis' && inject('redisUrl') === null;

let service: TestService;

beforeAll(async () => {
  if (ours) service = await startService();
});

afterAll(() => service?.stop());

it.runIf(ours)('with Redis down jobs are taken as ever, and run when it is back', async () => {
  await service.redis?.outage?.begin();
  const ids: string[] = [];
  for (const prompt of ['A fox', 'A wolf', 'A bear']) {
    ids.push((await service.client.submit({ type: 'generate', prompt })).id);
  }
  await service.redis?.outage?.end();
  for (const id of ids) expect(await service.client.ended(id)).toMatchObject({ status: 'succeeded' });
});
