import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openAssetStore } from '../../src/lib/assets/open-store.ts';
import { readConfig } from '../../src/lib/config.ts';
import { openDatabase } from '../../src/lib/db/database.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { startAssetRemoval } from '../../src/workers/sweeps/remove-assets.ts';
import { giveFile, pngFile } from '../support/files.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

let service: TestService;

beforeEach(async () => {
  service = await startService({ workers: false });
});

afterEach(() => service?.stop());

const uploads = async () => (await service.sandbox.log()).uploads;
const files = async () => {
  const folder = path.join(service.env.DATA_DIR ?? '', 'assets');
  return (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()).length;
};

/** One round of the removal, as the workers make it every minute. */
async function removeOnce(): Promise<void> {
  const config = readConfig(service.env);
  const db = openDatabase(config.DATABASE_URL, { poolSize: 1, onError: () => undefined });
  const store = await openAssetStore(config.ASSET_STORE);
  const log = createLogger('silent', 'test');
  await startAssetRemoval({ db: db.pool, store, ttlMs: config.ASSET_TTL, log }).stop();
  await db.close();
}

/** As a worker leaves its job that dies between the upload and the record of it. */
async function forgetUpload(jobId: string, source: string): Promise<void> {
  await service.database.sql("UPDATE upload SET state = 'sending', cdn_url = NULL, done_at = NULL WHERE source = $1", [
    source,
  ]);
  await service.database.sql(
    `UPDATE job SET status = 'running', phase = 'upload', result = NULL, finished_at = NULL, dispatched_at = now() - interval '1 minute',
       due_at = now() - interval '1 minute', epoch = epoch + 1, lease_until = now() - interval '1 second' WHERE id = $1`,
    [jobId],
  );
  await service.database.sql('UPDATE session SET holder_job_id = $1', [jobId]);
}

it.each(['asset', 'url'])('a crash between upload and record uploads nothing twice (%s)', async (kind) => {
  const asset = await giveFile(service, pngFile());
  const url = 'https://files.example/photo.png';
  const refs = { asset: { asset_id: asset.id }, url: { url } }[kind];
  const source = kind === 'url' ? url : asset.id;
  const workers = await service.startWorkers();
  const { id } = await service.client.submit({ type: 'upload', assets: [refs] });
  const before = await service.client.ended(id);
  await workers.stop();
  await forgetUpload(id, source);
  await service.startWorkers();
  const after = await service.client.ended(id, 40_000);
  expect(after).toMatchObject({ status: 'succeeded' });
  expect(after.result?.media).toEqual(before.result?.media);
  expect(await uploads()).toHaveLength(1);
  const [row] = await service.database.sql('SELECT state, cdn_url FROM upload');
  expect(row).toMatchObject({ state: 'done', cdn_url: expect.stringMatching(/^http/) });
});

it('a crash before the file arrived uploads it', async () => {
  const asset = await giveFile(service, pngFile());
  const other = await giveFile(service, pngFile());
  const workers = await service.startWorkers();
  const { id } = await service.client.submit({ type: 'upload', assets: [{ asset_id: asset.id }] });
  await service.client.ended(id);
  await workers.stop();
  await service.database.sql('UPDATE upload SET source = $1, name = $2', [other.id, `photo-${other.id.slice(-6)}.png`]);
  await service.database.sql('UPDATE job SET input = $2, asset_ids = $3 WHERE id = $1', [
    id,
    JSON.stringify({ assets: [{ asset_id: other.id }] }),
    [other.id],
  ]);
  await forgetUpload(id, other.id);
  await service.startWorkers();
  expect(await service.client.ended(id, 40_000)).toMatchObject({ status: 'succeeded' });
  expect((await uploads()).map(({ filename }) => filename.slice(-10, -4))).toEqual([
    asset.id.slice(-6),
    other.id.slice(-6),
  ]);
});

it('is recorded as sending before the first byte leaves', async () => {
  const { id: asset_id } = await giveFile(service, pngFile());
  await service.sandbox.fault({ route: 'POST /api/upload-video', times: 1, delay_ms: 2_000 });
  await service.startWorkers();
  const { id } = await service.client.submit({ type: 'upload', assets: [{ asset_id }] });
  const arrived = async () =>
    Object.entries((await service.sandbox.log()).requests).some(([route]) => route.includes('upload-video'));
  await waitFor('the upload', arrived);
  expect(await service.database.sql('SELECT state FROM upload')).toEqual([{ state: 'sending' }]);
  expect(await service.client.ended(id)).toMatchObject({ status: 'succeeded' });
});

it('assets go ASSET_TTL after their last use, files and rows, and never while an open job needs them', async () => {
  const [stale, fresh, needed, deleted, deletedAndNeeded] = await Promise.all(
    Array.from({ length: 5 }, () => giveFile(service, pngFile())),
  );
  const name = (...assets: (typeof stale)[]) => assets.map((asset) => ({ asset_id: asset?.id }));
  const job = await service.client.submit({ type: 'upload', assets: name(needed, deletedAndNeeded, fresh) });
  const old = "now() - interval '8 days'";
  for (const asset of [stale, needed, deleted, deletedAndNeeded])
    await service.database.sql(`UPDATE asset SET used_at = ${old} WHERE id = $1`, [asset?.id]);
  // Naming it is a use.
  await service.database.sql(`UPDATE asset SET used_at = ${old} WHERE id = $1`, [fresh?.id]);
  const again = await service.client.submit({ type: 'upload', session_id: job.session_id, assets: name(fresh) });
  await service.database.sql('UPDATE asset SET deleted_at = now() WHERE id = ANY($1)', [
    [deleted?.id, deletedAndNeeded?.id],
  ]);

  await removeOnce();
  expect(await files()).toBe(3);
  await service.startWorkers();
  for (const { id } of [job, again]) expect(await service.client.ended(id)).toMatchObject({ status: 'succeeded' });

  await removeOnce();
  expect(await files()).toBe(1);
  expect(await service.database.sql('SELECT id FROM asset')).toEqual([{ id: fresh?.id }]);
});

it('the workers remove what is past its time', async () => {
  await giveFile(service, pngFile());
  await service.database.sql("UPDATE asset SET used_at = now() - interval '8 days'");
  await service.startWorkers();
  await waitFor('the removal', async () => (await files()) === 0);
});
