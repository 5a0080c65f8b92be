import { Redis } from 'ioredis';

/** Where Redis is. With sentinels, it is they who say where; user, password, database and TLS are those of the URL. */
export type RedisAddress = { url: string; sentinels: Sentinels | undefined };

export type Sentinels = {
  hosts: readonly { host: string; port: number }[];
  /** What they call the master. */
  name: string;
  password: string | undefined;
};

/** A sentinel that is well answers in milliseconds; the next one is asked then. In ms. */
const SENTINEL_TIMEOUT_MS = 5_000;

/**
 * A server that vanished without a word is given up then, and looked for anew: longer than a queue worker waits for an
 * entry (10 s). In ms.
 */
const SILENCE_TIMEOUT_MS = 30_000;

/**
 * Opens a connection to Redis; a certificate must be good for the name that is connected to.
 * @param retries after so many new tries to connect a command fails; null: never.
 */
export function connectRedis({ url, sentinels }: RedisAddress, retries: number | null): Redis {
  return new Redis(url, {
    maxRetriesPerRequest: retries,
    socketTimeout: SILENCE_TIMEOUT_MS,
    ...(sentinels && {
      sentinels: [...sentinels.hosts],
      name: sentinels.name,
      sentinelPassword: sentinels.password,
      sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
      ...(url.startsWith('rediss:') ? { sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
    }),
  });
}

/** What Redis does when its memory is full (`maxmemory-policy`); null where it does not tell. */
export async function evictionPolicy(redis: Redis): Promise<string | null> {
  return /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1] ?? null;
}
