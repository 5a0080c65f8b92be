import { expect, it } from 'vitest';
import { startPathProxy } from '../support/path-proxy.ts';
import { startService, type TestService } from '../support/service.ts';

it('an upstream behind a path is spoken to there by every call, the message and the render among them', async () => {
  let service: TestService | null = null;
  const proxy = await startPathProxy('/gateway/nemo', () => service?.sandbox.url ?? '');
  service = await startService({ env: { NEMO_API_URL: proxy.url } });
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A gate', export: true });
  expect(await service.client.ended(id, 40_000)).toMatchObject({ status: 'succeeded', charged: 'yes' });
  expect((await service.sandbox.log()).messages).toHaveLength(1);
  await service.stop();
  await proxy.close();
});
