import { once } from 'node:events';
import { connect } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startApi } from '../../src/api/start.ts';
import { readConfig } from '../../src/lib/config.ts';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { createClient } from '../support/client.ts';
import { contractOf } from '../support/contract.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

/** Much less than the wait that is asked for, and much more than a stop takes. In ms. */
const STOPPED_WITHIN_MS = 15_000;

let service: TestService;
let lock: pg.Client;

beforeAll(async () => {
  service = await startService({ workers: false });
  lock = new pg.Client(service.database.url);
  await lock.connect();
});

afterAll(async () => {
  await lock?.end();
  await service?.stop();
});

/** Keeps everybody from reading jobs until `lock` ends its transaction. */
const lockJobs = () => lock.query('BEGIN; LOCK TABLE job IN ACCESS EXCLUSIVE MODE');
const blocked = () =>
  waitFor('a read of the job', async () => {
    const [row] = await service.database.sql('SELECT 1 FROM pg_locks WHERE NOT granted');
    return row;
  });

function openEvents({ id }: JobView) {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const key = service.env.BOOTSTRAP_API_KEY;
  socket.write(`GET /v1/jobs/${id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`);
  return socket;
}

it('a client that leaves before its job was read is not watched for', async () => {
  const left = await service.client.submit({ type: 'generate', prompt: 'Left' });
  const stays = await service.client.submit({ type: 'generate', prompt: 'Stays' });
  await lockJobs();
  const leaving = openEvents(left);
  await blocked();
  leaving.destroy();
  await once(leaving, 'close');
  // What is asked on another connection later is served later: the process knows that the client has left.
  await fetch(`${service.url}/health/live`);
  const queries = vi.spyOn(pg.Pool.prototype, 'query');
  await lock.query('COMMIT');
  const staying = openEvents(stays);
  const watched = await waitFor('a look', async () => {
    const looks = queries.mock.calls
      .map(([query]) => query as unknown as { name?: string; values: [string[]] })
      .filter(({ name }) => name === 'events_after')
      .map(({ values: [ids] }) => ids);
    return looks.find((ids) => ids.includes(stays.id));
  });
  queries.mockRestore();
  expect(watched).toEqual([stays.id]);
  staying.destroy();
});

it('a wait that begins while the process stops does not hold it up', async () => {
  const api = await startApi(readConfig(service.env), createLogger('silent', 'test'));
  await contractOf(api.url);
  const client = createClient(api.url, service.env.BOOTSTRAP_API_KEY ?? '');
  const { id } = await client.submit({ type: 'generate', prompt: 'Never run' });
  await lockJobs();
  const answer = client.get<JobView>(`/v1/jobs/${id}`, { prefer: 'wait=60' });
  await blocked();
  const asked = performance.now();
  const stopped = api.stop();
  await waitFor('the end of listening', () =>
    fetch(`${api.url}/health/live`).then(
      () => false,
      () => true,
    ),
  );
  await lock.query('COMMIT');
  expect(await answer).toMatchObject({ status: 200, body: { status: 'queued' } });
  await stopped;
  expect(performance.now() - asked).toBeLessThan(STOPPED_WITHIN_MS);
});
