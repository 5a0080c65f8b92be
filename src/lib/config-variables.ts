import { z } from 'zod';
import {
  assetPlace,
  baseUrl,
  bytes,
  count,
  durationList,
  durationMs,
  encryptionKey,
  encryptionKeys,
  flag,
  folder,
  hostPorts,
  httpUrl,
  optional,
  port,
  rate,
  subnets,
  visibleAscii,
} from './config-values.ts';

/** Nothing that clients leave here is kept for longer than ten years. In ms. */
const LONGEST_KEEP_MS = 3650 * 86_400_000;
/** The column `asset.bytes` holds no more; the upstream takes a quarter of it. In bytes. */
const MAX_STORED_BYTES = 2_147_483_647;
/** A batch is parsed in memory, and V8 has no longer strings. In bytes. */
const MAX_PARSED_BYTES = 500_000_000;

/**
 * Every variable that Reelay reads, in one place: name, sentence, form, default. The names and defaults are those of the
 * REST contract ("Environment"). Durations become ms, sizes bytes, folders absolute. The sentences are for whoever sets
 * them: .env.example, docs/configuration.md and faults at start say so.
 */
export const SECTIONS = {
  Stores: {
    DATABASE_URL: is(
      'Postgres, the truth: postgresql://user:password@host:5432/reelay; TLS with ?sslmode=verify-full.',
      z.string().regex(/^postgres(ql)?:\/\//, 'must start with postgresql://'),
    ),
    DATABASE_POOL_SIZE: is(
      'Connections of a pool for our own statements; by role where unset: 10 for the API, 20 for a worker.',
      optional(z.coerce.number().int().min(2).max(1_000)),
    ),
    REDIS_URL: is(
      'Redis or Valkey for the queue: redis:// or, with TLS, rediss://. Where unset, the queue is in Postgres.',
      optional(z.string().regex(/^rediss?:\/\//, 'must start with redis:// or rediss://')),
    ),
    REDIS_SENTINELS: is(
      'Who say where Redis is: a list of host:port. User, password, database and TLS are those of REDIS_URL.',
      optional(hostPorts(26_379)),
    ),
    REDIS_SENTINEL_NAME: is('The name of that Redis among the sentinels.', z.string().min(1).default('mymaster')),
    REDIS_SENTINEL_PASSWORD: is('The password of the sentinels themselves.', optional(z.string())),
    START_TIMEOUT: is(
      'How long a process waits for its stores before it gives up. Whoever supervises it starts it again.',
      durationMs('60s'),
    ),
  },
  Secrets: {
    ENCRYPTION_KEY: is(
      '32 bytes in base64 or hex that seal the secrets in the database: openssl rand -base64 32. Keep a copy.',
      encryptionKey(),
    ),
    ENCRYPTION_KEYS_OTHER: is(
      'Keys that open as well, a comma between them: while one key takes the place of another.',
      encryptionKeys(),
    ),
    ADMIN_TOKEN: is(
      'Opens keys, metrics and the board of the queues to whoever runs it; without it there are no keys and no board.',
      optional(visibleAscii()),
    ),
    BOOTSTRAP_API_KEY: is('A key of the tenant "default", made at start.', optional(visibleAscii())),
  },
  'HTTP and logs': {
    PORT: is('Where the API listens; 0: any free port.', port().default(3000)),
    HOST: is('The address that API and METRICS_PORT listen on.', z.string().min(1).default('0.0.0.0')),
    METRICS_PORT: is(
      'Where a worker answers for its health and metrics; where unset, nowhere. In the image it is 9090.',
      optional(port()),
    ),
    PUBLIC_URL: is('The address by which clients reach the API, where links to it must be whole.', optional(httpUrl())),
    LOG_LEVEL: is(
      'trace, debug, info, warn, error, fatal or silent.',
      z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    ),
    // Either one starts tracing; OpenTelemetry itself reads the rest of its standard variables.
    OTEL_EXPORTER_OTLP_ENDPOINT: is(
      'Where spans go (OTLP over HTTP): http://collector:4318. Where unset, nowhere.',
      optional(httpUrl()),
    ),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: is(
      'The same with its path, for spans alone: http://collector:4318/v1/traces.',
      optional(httpUrl()),
    ),
    OTEL_SDK_DISABLED: is('No tracing, whatever else is set.', flag()),
  },
  NemoVideo: {
    NEMO_API_URL: is('The NemoVideo API, or a sandbox.', baseUrl('https://mega-api-prod.nemovideo.ai')),
    NEMO_WEB_URL: is('Its web site, for links to workspaces.', baseUrl('https://nemovideo.com')),
    NEMO_TOKEN: is(
      'The token of a registered account, that all tenants without one of their own share.',
      optional(visibleAscii()),
    ),
    SKILL_SOURCE: is('The platform that requests name, in place of that of each skill.', optional(z.string().min(1))),
    SKILLS_DIR: is(
      'A folder of skills (<name>/SKILL.md) beside those that come with Reelay.',
      optional(z.string().min(1)),
    ),
    CREDITS_LOW: is('An account with fewer credits is told of by credits.low.', count(100, 0)),
  },
  'A conversation and its render': {
    SSE_IDLE_TIMEOUT: is('A stream that brings nothing but heartbeats for so long is over.', durationMs('10m')),
    SSE_TOTAL_TIMEOUT: is('How long a message may run in all.', durationMs('15m')),
    STILL_WORKING_INTERVAL: is('How often the progress says that it still works.', durationMs('2m')),
    RECOVERY_DELAYS: is(
      'When the state is looked at after a lost stream, a list: after each, the next look.',
      durationList('30s,60s,60s,60s,60s'),
    ),
    RENDER_POLL_INTERVAL: is('How often a render is asked for.', durationMs('30s')),
    RENDER_TIMEOUT: is('How long a render may take.', durationMs('10m')),
    RATE_LIMIT_RETRY_DELAY: is('The wait after a 429 that names none.', durationMs('30s')),
  },
  Capacity: {
    RUN_CONCURRENCY: is('Conversations that one worker holds at a time.', count(1000)),
    WAIT_CONCURRENCY: is('Renders that one worker asks for at a time.', count(100)),
    TENANT_CONCURRENCY: is('Jobs of one tenant that run at a time, on all workers together.', count(20)),
    MAX_QUEUED_PER_TENANT: is('Jobs of one tenant that may wait; beyond it, 429.', count(100_000)),
    SUBMIT_RATE_LIMIT: is('POSTs of one key in a window, in each API process.', rate('600/60s')),
    MAX_BATCH_BYTES: is('The largest batch, as it is sent.', bytes('64MB', MAX_PARSED_BYTES)),
    MAX_UPLOAD_BYTES: is('The largest file.', bytes('500MB', MAX_STORED_BYTES)),
    DRAIN_TIMEOUT: is(
      'How long a worker that was told to end lets its jobs run on before it hands them over.',
      durationMs('20s'),
    ),
  },
  'What is kept': {
    DATA_DIR: is('The folder for what is not in a store; /data in the image.', folder('.data')),
    ASSET_STORE: is(
      'Where files are: a folder that API and workers share, or s3://bucket/prefix. Where unset, assets in DATA_DIR.',
      optional(assetPlace()),
    ),
    S3_ENDPOINT: is(
      'The server of the bucket where it is not Amazon: https://s3.example.com. AWS_ACCESS_KEY_ID and the like hold.',
      optional(httpUrl()),
    ),
    AWS_REGION: is('The region of the bucket.', optional(z.string().min(1))),
    ASSET_TTL: is('How long a file is kept after its last use.', durationMs('7d', LONGEST_KEEP_MS)),
    EVENT_RETENTION: is(
      'How long events, webhook messages and their attempts are kept: no shorter than WEBHOOK_RETRY_SCHEDULE takes.',
      durationMs('30d', LONGEST_KEEP_MS),
    ),
    JOB_RETENTION: is(
      'How long jobs that have ended are kept, with their renders, sessions without a name, and readings of credits.',
      durationMs('90d', LONGEST_KEEP_MS),
    ),
  },
  Webhooks: {
    WEBHOOK_RETRY_SCHEDULE: is(
      'The waits before each attempt, a list.',
      durationList('0s,5s,5m,30m,2h,5h,10h,14h,20h,24h'),
    ),
    WEBHOOK_TIMEOUT: is('How long a receiver may take to answer.', durationMs('15s')),
    WEBHOOK_ALLOW_HTTP: is('Webhooks may go to http addresses.', flag()),
    WEBHOOK_ALLOWED_SUBNETS: is(
      'Private addresses that webhooks may go to, a list of ranges: 10.0.0.0/8,fd00::/8.',
      subnets(),
    ),
  },
};

/** A variable is what its sentence says, and has that form. */
function is<Form extends z.ZodType>(sentence: string, form: Form): Form {
  return form.describe(sentence);
}
