import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { AssetStore } from '../../src/lib/assets/store.ts';
import { type Database, openDatabase } from '../../src/lib/db/database.ts';
import { newId } from '../../src/lib/ids.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { startAssetRemoval } from '../../src/workers/sweeps/remove-assets.ts';
import { startJobRemoval } from '../../src/workers/sweeps/remove-jobs.ts';
import { giveFile, pngFile } from '../support/files.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
let db: Database;
const log = createLogger('silent', 'test');
/** Files that cannot be removed. */
const stuck = new Set<string>();
const asked: string[] = [];
/** Transactions that were open while a file was being removed. */
const open: unknown[] = [];

/** May take its time: whatever is locked or held back meanwhile is so for as long. */
const store = {
  async remove(key: string) {
    asked.push(key);
    open.push(
      ...(await service.database.sql(
        "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
      )),
    );
    if (stuck.has(key)) throw new Error('not today');
  },
} as AssetStore;

beforeAll(async () => {
  service = await startService({ workers: false });
  db = openDatabase(service.database.url, { poolSize: 2, onError: () => undefined });
});

beforeEach(() => {
  stuck.clear();
  asked.length = 0;
  open.length = 0;
});

afterAll(async () => {
  await db?.close();
  await service?.stop();
});

/** A job that is over, with a finished file of its own. */
async function endedJob(): Promise<string> {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'An old clip' });
  await service.database.sql(
    "UPDATE job SET status = 'failed', finished_at = now() - interval '1 hour' WHERE id = $1",
    [id],
  );
  await service.database.sql(
    `INSERT INTO render (id, job_id, number, state, draft, output, stored_key) VALUES ($1, $2, 1, 'completed', '{}', '{}', $3)`,
    [newId('render'), id, `film of ${id}`],
  );
  return id;
}

const isThere = async (id: string) => (await service.client.get(`/v1/jobs/${id}`)).status === 200;

it('jobs go with their files, outside of any transaction; one whose file stays is alone in staying, and goes later', async () => {
  const [first, second, third] = [await endedJob(), await endedJob(), await endedJob()];
  stuck.add(`film of ${first}`);
  const round = () => startJobRemoval({ db: db.pool, store, keepMs: 1, log, onRemoved: () => undefined }).stop();
  await round();
  expect(asked.sort()).toEqual([first, second, third].map((id) => `film of ${id}`).sort());
  expect(open).toEqual([]);
  expect([await isThere(first), await isThere(second), await isThere(third)]).toEqual([true, false, false]);
  stuck.clear();
  await round();
  expect(await isThere(first)).toBe(false);
  expect(await service.database.sql('SELECT id FROM render')).toEqual([]);
});

it('assets go outside of any transaction, after no job can name them; one whose file stays is tried again later', async () => {
  const [first, second] = [await giveFile(service, pngFile()), await giveFile(service, pngFile())];
  const rows = await service.database.sql<{ id: string; store_key: string }>('SELECT id, store_key FROM asset');
  const keyOf = (id: string) => rows.find((row) => row.id === id)?.store_key ?? '';
  stuck.add(keyOf(first.id));
  await service.database.sql("UPDATE asset SET used_at = now() - interval '8 days'");
  const round = () => startAssetRemoval({ db: db.pool, store, ttlMs: 7 * 86_400_000, log }).stop();
  await round();
  expect(asked.sort()).toEqual([keyOf(first.id), keyOf(second.id)].sort());
  expect(open).toEqual([]);
  const left = await service.database.sql('SELECT id, deleted_at IS NOT NULL AS deleted FROM asset');
  expect(left).toEqual([{ id: first.id, deleted: true }]);
  const named = { type: 'upload', assets: [{ asset_id: first.id }] };
  expect((await service.client.post('/v1/jobs', named)).status).toBe(422);

  stuck.clear();
  await service.database.sql("UPDATE asset SET used_at = now() - interval '2 minutes'");
  await round();
  expect(await service.database.sql('SELECT id FROM asset')).toEqual([]);
});
