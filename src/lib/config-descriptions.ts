/** What each variable is, for whoever sets it: .env.example, docs/configuration.md and faults at start say so. */
export const DESCRIPTIONS = {
  Stores: {
    DATABASE_URL: 'Postgres, the truth: postgresql://user:password@host:5432/reelay; TLS with ?sslmode=verify-full.',
    DATABASE_POOL_SIZE:
      'Connections of a pool for our own statements; by role where unset: 10 for the API, 20 for a worker.',
    REDIS_URL:
      'Redis or Valkey for the queue: redis:// or, with TLS, rediss://. Where unset, the queue is in Postgres.',
    REDIS_SENTINELS:
      'Who say where Redis is: a list of host:port. User, password, database and TLS are those of REDIS_URL.',
    REDIS_SENTINEL_NAME: 'The name of that Redis among the sentinels.',
    REDIS_SENTINEL_PASSWORD: 'The password of the sentinels themselves.',
    START_TIMEOUT: 'How long a process waits for its stores before it gives up. Whoever supervises it starts it again.',
  },
  Secrets: {
    ENCRYPTION_KEY:
      '32 bytes in base64 or hex that seal the secrets in the database: openssl rand -base64 32. Keep a copy.',
    ENCRYPTION_KEYS_OTHER: 'Keys that open as well, a comma between them: while one key takes the place of another.',
    ADMIN_TOKEN:
      'Opens keys, metrics and the board of the queues to whoever runs it; without it there are no keys and no board.',
    BOOTSTRAP_API_KEY: 'A key of the tenant "default", made at start.',
  },
  'HTTP and logs': {
    PORT: 'Where the API listens; 0: any free port.',
    HOST: 'The address that API and METRICS_PORT listen on.',
    METRICS_PORT: 'Where a worker answers for its health and metrics; where unset, nowhere. In the image it is 9090.',
    PUBLIC_URL: 'The address by which clients reach the API, where links to it must be whole.',
    LOG_LEVEL: 'trace, debug, info, warn, error, fatal or silent.',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'Where spans go (OTLP over HTTP): http://collector:4318. Where unset, nowhere.',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'The same with its path, for spans alone: http://collector:4318/v1/traces.',
    OTEL_SDK_DISABLED: 'No tracing, whatever else is set.',
  },
  NemoVideo: {
    NEMO_API_URL: 'The NemoVideo API, or a sandbox.',
    NEMO_WEB_URL: 'Its web site, for links to workspaces.',
    NEMO_TOKEN: 'The token of a registered account, that all tenants without one of their own share.',
    SKILL_SOURCE: 'The platform that requests name, in place of that of each skill.',
    SKILLS_DIR: 'A folder of skills (<name>/SKILL.md) beside those that come with Reelay.',
    CREDITS_LOW: 'An account with fewer credits is told of by credits.low.',
  },
  'A conversation and its render': {
    SSE_IDLE_TIMEOUT: 'A stream that brings nothing but heartbeats for so long is over.',
    SSE_TOTAL_TIMEOUT: 'How long a message may run in all.',
    STILL_WORKING_INTERVAL: 'How often the progress says that it still works.',
    RECOVERY_DELAYS: 'When the state is looked at after a lost stream, a list: after each, the next look.',
    RENDER_POLL_INTERVAL: 'How often a render is asked for.',
    RENDER_TIMEOUT: 'How long a render may take.',
    RATE_LIMIT_RETRY_DELAY: 'The wait after a 429 that names none.',
  },
  Capacity: {
    RUN_CONCURRENCY: 'Conversations that one worker holds at a time.',
    WAIT_CONCURRENCY: 'Renders that one worker asks for at a time.',
    TENANT_CONCURRENCY: 'Jobs of one tenant that run at a time, on all workers together.',
    MAX_QUEUED_PER_TENANT: 'Jobs of one tenant that may wait; beyond it, 429.',
    SUBMIT_RATE_LIMIT: 'POSTs of one key in a window, in each API process.',
    MAX_BATCH_BYTES: 'The largest batch, as it is sent.',
    MAX_UPLOAD_BYTES: 'The largest file.',
    DRAIN_TIMEOUT: 'How long a worker that was told to end lets its jobs run on before it hands them over.',
  },
  'What is kept': {
    DATA_DIR: 'The folder for what is not in a store; /data in the image.',
    ASSET_STORE:
      'Where files are: a folder that API and workers share, or s3://bucket/prefix. Where unset, assets in DATA_DIR.',
    S3_ENDPOINT:
      'The server of the bucket where it is not Amazon: https://s3.example.com. AWS_ACCESS_KEY_ID and the like hold.',
    AWS_REGION: 'The region of the bucket.',
    ASSET_TTL: 'How long a file is kept after its last use.',
    EVENT_RETENTION: 'How long events, webhook messages and their attempts are kept.',
    JOB_RETENTION: 'How long jobs that have ended are kept, with their renders, and readings of credits.',
  },
  Webhooks: {
    WEBHOOK_RETRY_SCHEDULE: 'The waits before each attempt, a list.',
    WEBHOOK_TIMEOUT: 'How long a receiver may take to answer.',
    WEBHOOK_ALLOW_HTTP: 'Webhooks may go to http addresses.',
    WEBHOOK_ALLOWED_SUBNETS: 'Private addresses that webhooks may go to, a list of ranges: 10.0.0.0/8,fd00::/8.',
  },
} as const satisfies Record<string, Record<string, string>>;

/** All of them, by name. */
export const DESCRIPTION_OF: Record<string, string | undefined> = Object.assign({}, ...Object.values(DESCRIPTIONS));
