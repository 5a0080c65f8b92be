import { expect, it } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { startSandbox } from './sandbox-client.ts';

async function started(speed = 5000) {
  const sandbox = await startSandbox({ speed });
  const user = await sandbox.user();
  return { sandbox, user, sid: await user.session() };
}

it('session-gone: the session is lost, once for each text', async () => {
  const { sandbox, user, sid } = await started();
  const refused = await user.say(sid, 'a fox #session-gone');
  expect([refused.status, JSON.parse(refused.raw).code]).toEqual([404, 1002]);
  expect((await user.get(`/api/state/nemo_agent/me/${sid}/latest`)).json.code).toBe(1002);
  const other = await user.session();
  expect((await user.say(other, 'a fox #session-gone')).status).toBe(200);
  expect((await user.state(other)).draft.t).toHaveLength(3);
  expect((await sandbox.log()).messages).toMatchObject([{ status: 'refused' }, { status: 'done', charged: 100 }]);
});

it('token-expired: the token is worth nothing any more, and the same client gets another', async () => {
  const { sandbox, user, sid } = await started();
  const stranger = await sandbox.user('stranger');
  const refused = await user.say(sid, 'a fox #token-expired');
  expect([refused.status, JSON.parse(refused.raw).code]).toEqual([401, 1001]);
  expect((await user.get('/api/credits/balance/simple')).json.code).toBe(1001);
  expect(await stranger.credits()).toMatchObject({ total: 1000 });
  const again = await sandbox.user();
  expect((await again.say(sid, 'a fox #token-expired')).status).toBe(200);
  expect(await again.credits()).toMatchObject({ total: 900 });
});

it('token-expired: a registered token is refused and lives on', async () => {
  const { sandbox } = await started();
  const user = sandbox.registered('nmv_usr_pro');
  expect((await user.say(await user.session(), 'a fox #token-expired')).status).toBe(401);
  expect(await user.credits()).toMatchObject({ total: 1000 });
});

it('credits-slow: reserved until long after the close', async () => {
  const { sandbox, user, sid } = await started(200);
  expect((await user.say(sid, 'a fox #credits-slow')).isWhole).toBe(true);
  expect(await user.credits()).toEqual({ available: 900, frozen: 100, total: 1000 });
  expect((await sandbox.log()).messages).toMatchObject([{ status: 'done', charged: 0 }]);
  await waitFor('the release', async () => (await user.credits()).frozen === 0);
  expect(await user.credits()).toEqual({ available: 900, frozen: 0, total: 900 });
  expect((await sandbox.log()).messages).toMatchObject([{ charged: 100 }]);
});
