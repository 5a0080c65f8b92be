import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../../src/lib/config.ts';

const REQUIRED = { DATABASE_URL: 'postgresql://localhost/reelay', ENCRYPTION_KEY: Buffer.alloc(32).toString('base64') };

describe('the environment', () => {
  it('has the documented defaults', () => {
    expect(readConfig(REQUIRED)).toMatchObject({
      PORT: 3000,
      NEMO_API_URL: 'https://mega-api-prod.nemovideo.ai',
      SSE_IDLE_TIMEOUT: 600_000,
      SSE_TOTAL_TIMEOUT: 900_000,
      RECOVERY_DELAYS: [30_000, 60_000, 60_000, 60_000, 60_000],
      RENDER_POLL_INTERVAL: 30_000,
      WEBHOOK_RETRY_SCHEDULE: [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map((s) => s * 1000),
      TENANT_CONCURRENCY: 20,
      WEBHOOK_ALLOW_HTTP: false,
    });
  });

  it.each([
    ['200ms', 200],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ])('reads the duration %s', (text, ms) => {
    expect(readConfig({ ...REQUIRED, DRAIN_TIMEOUT: text }).DRAIN_TIMEOUT).toBe(ms);
  });

  it.each([
    ['20MB', 20_000_000],
    ['1.5kb', 1_500],
    ['2 GB', null],
    ['2GB', 2_000_000_000],
    ['3GB', null],
    ['0', null],
    ['700', 700],
    ['20MiB', null],
  ])('reads the size %s', (text, bytes) => {
    const read = () => readConfig({ ...REQUIRED, MAX_UPLOAD_BYTES: text }).MAX_UPLOAD_BYTES;
    if (bytes === null) expect(read).toThrow(/^MAX_UPLOAD_BYTES must be a size/);
    else expect(read()).toBe(bytes);
  });

  it.each([
    ['600/60s', { count: 600, windowMs: 60_000 }],
    [' 5 / 1h', { count: 5, windowMs: 3_600_000 }],
    ['0/60s', null],
    ['600/0s', null],
    ['600', null],
    ['600/60', null],
    ['600/60s/2', null],
  ])('reads the rate %s', (text, rate) => {
    const read = () => readConfig({ ...REQUIRED, SUBMIT_RATE_LIMIT: text }).SUBMIT_RATE_LIMIT;
    if (rate === null) expect(read).toThrow(/^SUBMIT_RATE_LIMIT must be a rate/);
    else expect(read()).toEqual(rate);
  });

  it('keeps assets in DATA_DIR for a week, unless told otherwise', () => {
    const folder = (name: string) => ({ kind: 'folder', folder: resolve(name) });
    const placeOf = (env: Record<string, string>) => readConfig({ ...REQUIRED, ...env }).ASSET_STORE;
    expect(readConfig(REQUIRED)).toMatchObject({ DATA_DIR: resolve('.data'), ASSET_STORE: folder('.data/assets') });
    expect(placeOf({ DATA_DIR: '/d', ASSET_STORE: '' })).toEqual(folder('/d/assets'));
    expect(placeOf({ ASSET_STORE: '/a' })).toEqual(folder('/a'));
    expect(readConfig({ ...REQUIRED, ASSET_TTL: '90d' }).ASSET_TTL).toBe(90 * 86_400_000);
  });

  it('or in a bucket, at Amazon or elsewhere', () => {
    const placeOf = (env: Record<string, string>) => readConfig({ ...REQUIRED, ...env }).ASSET_STORE;
    const films = { kind: 's3', bucket: 'films', prefix: '', endpoint: undefined, region: undefined };
    expect(placeOf({ ASSET_STORE: 's3://films' })).toEqual(films);
    expect(placeOf({ ASSET_STORE: 's3://films/' })).toEqual(films);
    expect(placeOf({ ASSET_STORE: 's3://films/a/b/', AWS_REGION: 'eu-west-1' })).toEqual({
      ...films,
      prefix: 'a/b/',
      region: 'eu-west-1',
    });
    const endpoint = 'https://minio.example:9000';
    expect(placeOf({ ASSET_STORE: 's3://films/a', S3_ENDPOINT: endpoint })).toEqual({
      ...films,
      prefix: 'a/',
      endpoint,
    });
    for (const wrong of ['gs://films', 's3://', 's3://Films', 's3://films?x=1', 's3://films/a b'])
      expect(() => placeOf({ ASSET_STORE: wrong })).toThrow(/^ASSET_STORE must be a folder or s3:\/\/bucket\/prefix/);
    expect(() => placeOf({ S3_ENDPOINT: 'minio:9000' })).toThrow(/^S3_ENDPOINT must be an http\(s\) URL/);
  });

  it('knows the queue in the database, in a Redis, or where sentinels say that it is', () => {
    const storeOf = (env: Record<string, string>) => readConfig({ ...REQUIRED, ...env }).QUEUE_STORE;
    expect(storeOf({})).toEqual({ redis: undefined, databaseUrl: REQUIRED.DATABASE_URL });
    const url = 'rediss://user:secret@redis/2';
    expect(storeOf({ REDIS_URL: url, REDIS_SENTINELS: '' }).redis).toEqual({ url, sentinels: undefined });
    expect(storeOf({ REDIS_URL: url, REDIS_SENTINELS: 'a, b:1,[::1]:2' }).redis?.sentinels).toEqual({
      hosts: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 1 },
        { host: '::1', port: 2 },
      ],
      name: 'mymaster',
      password: undefined,
    });
    expect(() => storeOf({ REDIS_SENTINELS: 'a' })).toThrow(/^REDIS_SENTINELS needs REDIS_URL/);
  });

  it('takes an encryption key in base64 and in hex, and an empty variable as a missing one', () => {
    const hex = readConfig({ ...REQUIRED, ENCRYPTION_KEY: 'ab'.repeat(32), REDIS_URL: '' });
    expect(hex.ENCRYPTION_KEY).toEqual(Buffer.alloc(32, 0xab));
    expect(hex.REDIS_URL).toBeUndefined();
    expect(hex.ENCRYPTION_KEYS_OTHER).toEqual([]);
    const others = `${'cd'.repeat(32)}, ${REQUIRED.ENCRYPTION_KEY}`;
    expect(readConfig({ ...REQUIRED, ENCRYPTION_KEYS_OTHER: others }).ENCRYPTION_KEYS_OTHER).toEqual([
      Buffer.alloc(32, 0xcd),
      Buffer.alloc(32),
    ]);
  });

  it('takes the slash off the end of a base URL', () => {
    expect(readConfig({ ...REQUIRED, NEMO_API_URL: 'http://localhost:4010/' }).NEMO_API_URL).toBe(
      'http://localhost:4010',
    );
  });

  it.each([
    ['PORT', 'eighty'],
    ['PORT', '70000'],
    ['DATABASE_URL', 'mysql://x'],
    ['REDIS_URL', 'localhost'],
    ['REDIS_SENTINELS', 'a:b'],
    ['REDIS_SENTINELS', 'redis://a'],
    ['DATABASE_POOL_SIZE', '1'],
    ['ENCRYPTION_KEY', 'short'],
    ['ENCRYPTION_KEYS_OTHER', `${'ab'.repeat(32)},`],
    ['DRAIN_TIMEOUT', '20'],
    ['DRAIN_TIMEOUT', '-1s'],
    ['DRAIN_TIMEOUT', '90d'],
    ['RECOVERY_DELAYS', '30s,,60s'],
    ['NEMO_API_URL', 'ftp://x'],
    ['WEBHOOK_ALLOWED_SUBNETS', '127.0.0.0/99'],
    ['WEBHOOK_ALLOW_HTTP', 'yes'],
  ])('%s=%s is a fault that names the variable and not its value', (name, value) => {
    const read = () => readConfig({ ...REQUIRED, [name]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(new RegExp(`^${name} `));
  });

  it('keeps events for as long as their webhooks may be tried', () => {
    const read = (env: Record<string, string>) => readConfig({ ...REQUIRED, ...env });
    const fault = /^EVENT_RETENTION is shorter than the waits of WEBHOOK_RETRY_SCHEDULE/;
    expect(() => read({ EVENT_RETENTION: '3d' })).toThrow(fault);
    expect(() => read({ WEBHOOK_RETRY_SCHEDULE: '0s,20d,20d' })).toThrow(fault);
    expect(read({ EVENT_RETENTION: '4d' }).EVENT_RETENTION).toBe(4 * 86_400_000);
    expect(read({ EVENT_RETENTION: '12s', WEBHOOK_RETRY_SCHEDULE: '0s,10s' }).EVENT_RETENTION).toBe(12_000);
  });

  it('tells all faults at once, a line each', () => {
    expect(() => readConfig({ PORT: 'x', LOG_LEVEL: 'loud' })).toThrow(
      /DATABASE_URL is not set: Postgres[\s\S]*ENCRYPTION_KEY is not set: 32 bytes[\s\S]*PORT [\s\S]*LOG_LEVEL /,
    );
  });
});
