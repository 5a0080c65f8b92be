import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { awaitAssets } from '../../../src/lib/assets/await-assets.ts';
import { createS3Store, type S3Place } from '../../../src/lib/assets/s3-store.ts';
import { StoreMissing, StoreRefused } from '../../../src/lib/await-store.ts';
import { createLogger } from '../../../src/lib/logger.ts';
import { startS3, type TestS3 } from '../../support/s3-server.ts';

let s3: TestS3;
let place: S3Place;

beforeAll(async () => {
  s3 = await startS3();
  place = { bucket: 'films', prefix: 'reelay/', endpoint: s3.url, region: undefined };
});
beforeEach(() => {
  s3.uploads.clear();
  for (const [name, value] of Object.entries(s3.env)) vi.stubEnv(name, value);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => s3?.stop());

const wait = { limitMs: 0, log: createLogger('silent', 'test') };
const begin = (more: Partial<S3Place> = {}) => awaitAssets({ kind: 's3', ...place, ...more }, wait);

it('the names of files begin with the prefix, and only there abandoned ones are looked for', async () => {
  const store = createS3Store(place);
  const { key } = await store.put(Readable.from([Buffer.from('a')]));
  expect([...s3.objects.keys()]).toEqual([`reelay/${key}`]);
  s3.uploads.set('ours', { key: 'reelay/ours', initiated: new Date(0), parts: new Map() });
  s3.uploads.set('theirs', { key: 'theirs', initiated: new Date(0), parts: new Map() });
  expect(await store.removeAbandoned()).toBe(1);
  expect([...s3.uploads.keys()]).toEqual(['theirs']);
  store.close();
});

it('what passes is tried again', async () => {
  const store = createS3Store(place);
  s3.fail(1, 500, 'InternalError');
  const { key } = await store.put(Readable.from([Buffer.from('a')]));
  expect((await buffer(await store.open(key))).toString()).toBe('a');
  store.close();
});

/** What goes on for ever, and brings the store down in its second part. */
function film(blow: () => void): Readable {
  let chunks = 0;
  return new Readable({
    read() {
      chunks += 1;
      if (chunks === 100) blow();
      this.push(Buffer.alloc(65_536));
    },
  });
}

it('an upload that fails for good says so, sets its source free and leaves nothing', async () => {
  const store = createS3Store(place);
  const before = s3.objects.size;
  // One request is tried three times.
  const content = film(() => s3.fail(3, 503, 'ServiceUnavailable'));
  await expect(store.put(content)).rejects.toMatchObject({ name: 'AssetStoreError', away: true });
  expect(content.destroyed).toBe(true);
  expect([s3.objects.size - before, s3.uploads.size]).toEqual([0, 0]);
  store.close();
});

it('where the store itself has gone, what is left of an upload is removed after a day', async () => {
  const store = createS3Store(place);
  const content = film(() => void s3.outage.begin());
  await expect(store.put(content)).rejects.toMatchObject({ name: 'AssetStoreError', away: true });
  expect(content.destroyed).toBe(true);
  await expect(store.ping()).rejects.toMatchObject({ name: 'AssetStoreError', away: true });
  await s3.outage.end();
  await store.ping();
  for (const upload of s3.uploads.values()) upload.initiated = new Date(Date.now() - 90_000_000);
  expect(await store.removeAbandoned()).toBe(1);
  expect(s3.uploads.size).toBe(0);
  store.close();
});

it.each([
  ['no such bucket', { bucket: 'elsewhere' }, StoreMissing, /there is no bucket elsewhere \(ASSET_STORE\)$/],
  ['nobody there', { endpoint: 'http://127.0.0.1:1' }, StoreMissing, /no answer \(S3_ENDPOINT\): connect ECONNREFUSED/],
])('at start it is waited for (%s), and then said what was missing', async (_what, more, kind, words) => {
  const end = await begin(more).catch((error) => error);
  expect(end).toBeInstanceOf(kind);
  expect(end.message).toMatch(words);
});

it('at start a key that the bucket does not let in is said at once', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'somebody');
  const end = await begin().catch((error) => error);
  expect(end).toBeInstanceOf(StoreRefused);
  expect(end.message).toMatch(
    /^The store of the files cannot be used: the bucket films refuses us: InvalidAccessKeyId: /,
  );
});

it('at start it is said that there are no credentials', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', '');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  await expect(begin()).rejects.toThrow(
    /the SDK is not set up \(AWS_REGION, AWS_ACCESS_KEY_ID, …\): CredentialsProvider/,
  );
});
