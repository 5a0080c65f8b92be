import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Api, startApi } from '../../src/api/start.ts';
import { readConfig } from '../../src/lib/config.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { startEmbeddedPostgres } from '../../src/local/embedded-postgres.ts';
import { freePort } from '../../src/local/free-port.ts';
import { migrate } from '../../src/migrate.ts';
import { startWorkers, type Workers } from '../../src/workers/start.ts';
import { waitFor } from '../support/wait-for.ts';

let folder: string;
let port: number;
let postgres: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
let api: Api;
let workers: Workers;

const startPostgres = () => startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres'), port });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'reelay-health-'));
  port = await freePort();
  postgres = await startPostgres();
  await migrate(postgres.url, { queueSchema: true });
  const config = readConfig({
    DATABASE_URL: postgres.url,
    DATA_DIR: folder,
    ENCRYPTION_KEY: Buffer.alloc(32, 'health').toString('base64'),
    NEMO_API_URL: 'http://127.0.0.1:9',
    PORT: '0',
    METRICS_PORT: '0',
    HOST: '127.0.0.1',
    DRAIN_TIMEOUT: '1s',
  });
  const log = createLogger('silent', 'test');
  [api, workers] = await Promise.all([startApi(config, log), startWorkers(config, log)]);
});

afterAll(async () => {
  await workers?.stop();
  await api?.stop();
  await postgres?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const both = () => [api.url, workers.operatorUrl ?? ''];
const probe = (url: string, kind: string) => fetch(`${url}/health/${kind}`);

it('a stopped Postgres is told of at once, by name; the processes live on and are ready when it is back', async () => {
  const allReady = async () => {
    for (const url of both()) await waitFor('ready', async () => (await probe(url, 'ready')).status === 200);
  };
  await allReady();
  await postgres.stop();
  for (const url of both()) {
    const asked = performance.now();
    const answer = await probe(url, 'ready');
    expect(performance.now() - asked).toBeLessThan(10_000);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    // The queue is in the same database here.
    expect(await answer.json()).toMatchObject({ code: 'unavailable', detail: 'No answer from: database, queue.' });
    expect((await probe(url, 'live')).status).toBe(200);
  }
  // What the process itself knows can still be scraped.
  const scraped = await fetch(`${api.url}/metrics`);
  expect(scraped.status).toBe(200);
  const text = await scraped.text();
  expect(text).toMatch(/^reelay_scrape_errors_total\{store="database"\} [1-9]/m);
  expect(text).not.toMatch(/^reelay_jobs_open/m);

  postgres = await startPostgres();
  await allReady();
});
