import { afterEach, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;

afterEach(() => service?.stop());

/** The value of a metric. A service tells what it has read for 5 s: each test scrapes once. */
async function scrape(): Promise<(name: string) => number> {
  const lines = (await (await fetch(`${service.url}/metrics`)).text()).split('\n');
  return (name) =>
    Number(
      lines
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')
        .at(-1),
    );
}

it('a job is in hand while a worker holds it or comes back to it, and not while it waits for others or for credits', async () => {
  service = await startService({ workers: false });
  const rows = [
    { in_hand: true, set: "dispatch_no = 1, status = 'running', lease_until = now() + interval '1 h'" },
    { in_hand: true, set: "dispatch_no = 2, status = 'waiting', due_at = now() + interval '1 h'" },
    { in_hand: false, set: "dispatch_no = 1, status = 'running', lease_until = now() - interval '1 s'" },
    { in_hand: false, set: 'dispatch_no = 1, dispatched_at = now()' },
    {
      in_hand: false,
      set: "dispatch_no = 2, status = 'waiting', waiting_reason = 'credits', due_at = now() + interval '1 h'",
    },
    { in_hand: false, set: "created_at = now() - interval '1 h'" },
  ];
  for (const { set } of rows) {
    const { id } = await service.client.submit({ type: 'generate', prompt: 'A fox' });
    await service.database.sql(`UPDATE job SET ${set} WHERE id = $1`, [id]);
  }
  const value = await scrape();
  expect(value('reelay_jobs_in_hand')).toBe(rows.filter(({ in_hand }) => in_hand).length);
  expect(value('reelay_oldest_waiting_job_age_seconds')).toBeGreaterThan(3_500);
});

it('the credits of NEMO_TOKEN are told apart from those of tenants with an account of their own', async () => {
  service = await startService({ workers: false, env: { NEMO_TOKEN: 'nmv_usr_operator' } });
  await service.client.get('/v1/credits');
  expect(await service.client.put('/v1/account', { token: 'nmv_usr_own_0001' })).toMatchObject({ status: 200 });
  await service.client.get('/v1/credits');
  const leave = (available: number, owner: string) =>
    service.database.sql(
      `UPDATE credit_snapshot SET available = $1 WHERE account_id = (SELECT id FROM account WHERE tenant_id ${owner})`,
      [available],
    );
  await leave(3, 'IS NULL');
  await leave(9_000, 'IS NOT NULL');
  const value = await scrape();
  expect(value('reelay_account_credits{kind="registered",owner="operator",state="available"}')).toBe(3);
  expect(value('reelay_account_credits{kind="registered",owner="tenants",state="available"}')).toBe(9_000);
});
