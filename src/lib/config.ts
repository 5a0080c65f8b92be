import path from 'node:path';
import { z } from 'zod';
import { DESCRIPTION_OF } from './config-descriptions.ts';
import {
  assetPlace,
  bytes,
  durationList,
  durationMs,
  encryptionKey,
  encryptionKeys,
  flag,
  folder,
  hostPorts,
  httpUrl,
  optional,
  rate,
  subnets,
} from './config-values.ts';

/** Nothing that clients leave here is kept for longer than ten years. In ms. */
const LONGEST_KEEP_MS = 3650 * 86_400_000;
/** The column `asset.bytes` holds no more; the upstream takes a quarter of it. In bytes. */
const MAX_STORED_BYTES = 2_147_483_647;

/** A batch is parsed in memory, and V8 has no longer strings. In bytes. */
const MAX_PARSED_BYTES = 500_000_000;

/**
 * Every variable that Reelay reads, in one place: name, form, default. The names and defaults are those of the
 * REST contract ("Environment"). Durations become ms, sizes bytes, folders absolute.
 */
const VARIABLES = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  HOST: z.string().min(1).default('0.0.0.0'),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must start with postgresql://'),
  REDIS_URL: optional(z.string().regex(/^rediss?:\/\//, 'must start with redis:// or rediss://')),
  /** Who say where Redis is; user, password, database and TLS are those of REDIS_URL. */
  REDIS_SENTINELS: optional(hostPorts(26_379)),
  REDIS_SENTINEL_NAME: z.string().min(1).default('mymaster'),
  REDIS_SENTINEL_PASSWORD: optional(z.string()),
  /** Connections of a pool for our own statements; default: by role. */
  DATABASE_POOL_SIZE: optional(z.coerce.number().int().min(2).max(1_000)),
  BOOTSTRAP_API_KEY: optional(z.string().regex(/^[\x21-\x7e]+$/, 'must be visible ASCII')),
  /** Opens keys, board and metrics to whoever runs it; without it there are no keys and no board. */
  ADMIN_TOKEN: optional(z.string().regex(/^[\x21-\x7e]+$/, 'must be visible ASCII')),
  ENCRYPTION_KEY: encryptionKey(),
  ENCRYPTION_KEYS_OTHER: encryptionKeys(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Where a worker answers for its health and metrics; unset: nowhere. */
  METRICS_PORT: optional(z.coerce.number().int().min(0).max(65_535)),
  /** Either one starts tracing, unless it is disabled; OpenTelemetry itself reads the rest of the standard variables. */
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' })),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: optional(z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' })),
  OTEL_SDK_DISABLED: flag(false),

  NEMO_API_URL: httpUrl('https://mega-api-prod.nemovideo.ai'),
  NEMO_WEB_URL: httpUrl('https://nemovideo.com'),
  NEMO_TOKEN: optional(z.string().regex(/^[\x21-\x7e]+$/, 'must be visible ASCII')),
  SKILL_SOURCE: optional(z.string().min(1)),
  SKILLS_DIR: optional(z.string().min(1)),

  SSE_IDLE_TIMEOUT: durationMs('10m'),
  SSE_TOTAL_TIMEOUT: durationMs('15m'),
  STILL_WORKING_INTERVAL: durationMs('2m'),
  RECOVERY_DELAYS: durationList('30s,60s,60s,60s,60s'),
  RENDER_POLL_INTERVAL: durationMs('30s'),
  RENDER_TIMEOUT: durationMs('10m'),
  RATE_LIMIT_RETRY_DELAY: durationMs('30s'),
  DRAIN_TIMEOUT: durationMs('20s'),
  /** How long a process waits for its stores before it gives up: whoever supervises it sees that, and starts it again. */
  START_TIMEOUT: durationMs('60s'),

  CREDITS_LOW: z.coerce.number().int().min(0).default(100),
  PUBLIC_URL: optional(z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' })),

  DATA_DIR: folder().prefault('.data'),
  /** Default: `assets` in DATA_DIR. API and workers must see the same folder or bucket. */
  ASSET_STORE: optional(assetPlace()),
  /** For a server of S3 that is not Amazon's; the SDK itself reads the credentials from its standard variables. */
  S3_ENDPOINT: optional(z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' })),
  AWS_REGION: optional(z.string().min(1)),
  ASSET_TTL: durationMs('7d', LONGEST_KEEP_MS),
  /** Events, webhook messages and their attempts. */
  EVENT_RETENTION: durationMs('30d', LONGEST_KEEP_MS),
  /** Jobs that have ended, with their renders, and readings of credits. */
  JOB_RETENTION: durationMs('90d', LONGEST_KEEP_MS),
  MAX_BATCH_BYTES: bytes('64MB', MAX_PARSED_BYTES),
  MAX_UPLOAD_BYTES: bytes('500MB', MAX_STORED_BYTES),

  MAX_QUEUED_PER_TENANT: z.coerce.number().int().min(1).default(100_000),
  SUBMIT_RATE_LIMIT: rate('600/60s'),
  TENANT_CONCURRENCY: z.coerce.number().int().min(1).default(20),
  RUN_CONCURRENCY: z.coerce.number().int().min(1).default(1000),
  WAIT_CONCURRENCY: z.coerce.number().int().min(1).default(100),

  WEBHOOK_RETRY_SCHEDULE: durationList('0s,5s,5m,30m,2h,5h,10h,14h,20h,24h'),
  WEBHOOK_TIMEOUT: durationMs('15s'),
  WEBHOOK_ALLOW_HTTP: flag(false),
  WEBHOOK_ALLOWED_SUBNETS: subnets(),
});

const ENVIRONMENT = VARIABLES.transform((env, context) => {
  if (env.REDIS_SENTINELS && env.REDIS_URL === undefined)
    context.addIssue({
      code: 'custom',
      path: ['REDIS_SENTINELS'],
      message: 'needs REDIS_URL, for the password: redis://:password@any',
    });
  return { ...env, ASSET_STORE: assetPlaceOf(env), QUEUE_STORE: queueStoreOf(env) };
});

function queueStoreOf(env: z.output<typeof VARIABLES>) {
  const sentinels = env.REDIS_SENTINELS && {
    hosts: env.REDIS_SENTINELS,
    name: env.REDIS_SENTINEL_NAME,
    password: env.REDIS_SENTINEL_PASSWORD,
  };
  const redis = env.REDIS_URL === undefined ? undefined : { url: env.REDIS_URL, sentinels };
  return { redis, databaseUrl: env.DATABASE_URL };
}

function assetPlaceOf(env: z.output<typeof VARIABLES>) {
  const place = env.ASSET_STORE ?? { kind: 'folder' as const, folder: path.join(env.DATA_DIR, 'assets') };
  return place.kind === 'folder' ? place : { ...place, endpoint: env.S3_ENDPOINT, region: env.AWS_REGION };
}

/** The validated environment. Passed by value to the parts that need some of it. */
export type Config = z.output<typeof ENVIRONMENT>;

/** The environment is not usable. The message names every faulty variable, one a line, and no value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the environment. Throws a ConfigError that lists all faults at once. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const parsed = ENVIRONMENT.safeParse(env);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const name = issue.path.join('.');
    return env[name] === undefined ? `${name} is not set: ${DESCRIPTION_OF[name]}` : `${name} ${issue.message}`;
  });
  throw new ConfigError(faults.join('\n'));
}

/** A variable as an operator writes it. */
type Variable = {
  name: string;
  /** The text of its default; null where there is none. */
  fallback: string | null;
  required: boolean;
};

/** All variables, in the order of the schema. */
export function variables(): Variable[] {
  const { properties = {}, required = [] } = z.toJSONSchema(VARIABLES, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, property]) => {
    const given = typeof property === 'object' ? property.default : undefined;
    return { name, fallback: given === undefined ? null : String(given), required: required.includes(name) };
  });
}
