import path from 'node:path';
import { z } from 'zod';
import { SECTIONS } from './config-variables.ts';
import { longestRetriesMs } from './domain/backoff.ts';
import type { AddressPolicy } from './webhooks/address-policy.ts';

const VARIABLES = z.object({
  ...SECTIONS.Stores,
  ...SECTIONS.Secrets,
  ...SECTIONS['HTTP and logs'],
  ...SECTIONS.NemoVideo,
  ...SECTIONS['A conversation and its render'],
  ...SECTIONS.Capacity,
  ...SECTIONS['What is kept'],
  ...SECTIONS.Webhooks,
});

const ENVIRONMENT = VARIABLES.transform((env, context) => {
  if (env.REDIS_SENTINELS && env.REDIS_URL === undefined)
    context.addIssue({
      code: 'custom',
      path: ['REDIS_SENTINELS'],
      message: 'needs REDIS_URL, for the password: redis://:password@any',
    });
  // A message whose event is gone cannot be sent any more.
  if (env.EVENT_RETENTION < longestRetriesMs(env.WEBHOOK_RETRY_SCHEDULE))
    context.addIssue({
      code: 'custom',
      path: ['EVENT_RETENTION'],
      message: 'is shorter than the waits of WEBHOOK_RETRY_SCHEDULE together, and 20 % more: messages would be lost',
    });
  return {
    ...env,
    ASSET_STORE: assetPlaceOf(env),
    QUEUE_STORE: queueStoreOf(env),
    WEBHOOK_POLICY: webhookPolicyOf(env),
  };
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

function webhookPolicyOf(env: z.output<typeof VARIABLES>): AddressPolicy {
  return { allowHttp: env.WEBHOOK_ALLOW_HTTP, allowedSubnets: env.WEBHOOK_ALLOWED_SUBNETS };
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
    const isMissing = env[name] === undefined && issue.code !== 'custom';
    return isMissing ? `${name} is not set: ${sentenceOf(name)}` : `${name} ${issue.message}`;
  });
  throw new ConfigError(faults.join('\n'));
}

function sentenceOf(name: string): string | undefined {
  return variables().find((variable) => variable.name === name)?.sentence;
}

/** A variable as an operator writes it. */
type Variable = {
  section: string;
  name: string;
  /** What it is. */
  sentence: string;
  /** The text of its default; null where there is none. */
  fallback: string | null;
  required: boolean;
};

/** All variables, section by section. */
export function variables(): Variable[] {
  const { properties = {}, required = [] } = z.toJSONSchema(VARIABLES, { io: 'input', unrepresentable: 'any' });
  return Object.entries(SECTIONS).flatMap(([section, forms]) =>
    Object.entries<z.ZodType>(forms).map(([name, { description = '' }]) => {
      const property = properties[name];
      const given = typeof property === 'object' ? property.default : undefined;
      const fallback = given === undefined ? null : String(given);
      return { section, name, sentence: description, fallback, required: required.includes(name) };
    }),
  );
}
