import path from 'node:path';
import { z } from 'zod';
import { parseSubnets } from './webhooks/address-policy.ts';

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** Timers past 2^31 ms fire at once in Node; a month is beyond every wait that we know. */
const LONGEST_MS = 24 * UNITS_MS.d;

/** `200ms`, `30s`, `10m`, `2h`, `7d` → ms; null when the text is none of these or longer than `longestMs`. */
function parseDuration(text: string, longestMs: number): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return null;
  const ms = Math.round(Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS]);
  return ms <= longestMs ? ms : null;
}

/** A duration variable, in ms. `longestMs`: for one that no timer waits for. */
export function durationMs(fallback: string, longestMs = LONGEST_MS) {
  return z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const ms = parseDuration(text, longestMs);
      if (ms !== null) return ms;
      context.addIssue('must be a duration such as 200ms, 30s, 10m, 2h or 7d');
      return z.NEVER;
    });
}

/** A comma-separated list of durations, in ms. */
export function durationList(fallback: string) {
  return z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const list = text.split(',').map((item) => parseDuration(item, LONGEST_MS));
      const valid = list.filter((ms) => ms !== null);
      if (valid.length === list.length) return valid;
      context.addIssue('must be a list of durations such as 30s,60s,5m');
      return z.NEVER;
    });
}

/** So many in a window: `600/60s` → {count, windowMs}. */
export function rate(fallback: string) {
  return z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const [count = '', window = '', ...more] = text.split('/');
      const windowMs = parseDuration(window, LONGEST_MS);
      if (/^[1-9]\d{0,8}$/.test(count.trim()) && windowMs && more.length === 0)
        return { count: Number(count), windowMs };
      context.addIssue('must be a rate such as 600/60s');
      return z.NEVER;
    });
}

const UNITS_BYTES = { B: 1, KB: 1000, MB: 1_000_000, GB: 1_000_000_000 } as const;

/** A size variable, decimal: `20MB` → 20,000,000; a bare number is bytes. At least 1, at most `largest`. */
export function bytes(fallback: string, largest: number) {
  return z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const match = /^(\d+(?:\.\d+)?)(B|KB|MB|GB)?$/i.exec(text.trim());
      const unit = (match?.[2] ?? 'B').toUpperCase() as keyof typeof UNITS_BYTES;
      const size = match ? Math.round(Number(match[1]) * UNITS_BYTES[unit]) : 0;
      if (size >= 1 && size <= largest) return size;
      context.addIssue(`must be a size such as 500KB or 20MB, at most ${largest} bytes`);
      return z.NEVER;
    });
}

/** A folder; relative ones are below the folder that the process was started in. */
export function folder() {
  return z
    .string()
    .min(1)
    .refine((text) => !ADDRESS.test(text), 'must be a folder')
    .transform((text) => path.resolve(text));
}

const ADDRESS = /^[a-z0-9+]+:\/\//i;
/** A bucket by the rules of S3, and what all names in it begin with. */
const S3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w.\-/]*))?$/;

/** A folder, or `s3://bucket/prefix`; the prefix ends with a slash, or is empty. */
export function assetPlace() {
  return z.string().transform((text, context) => {
    if (!ADDRESS.test(text)) return { kind: 'folder' as const, folder: path.resolve(text) };
    const [whole, bucket = '', prefix = ''] = S3.exec(text) ?? [];
    if (whole !== undefined) return { kind: 's3' as const, bucket, prefix: prefix.replace(/\/*$/, prefix && '/') };
    context.addIssue('must be a folder or s3://bucket/prefix');
    return z.NEVER;
  });
}

/** A comma-separated list of `host:port`, IPv6 addresses in brackets; without a port it is the usual one. */
export function hostPorts(usual: number) {
  return z.string().transform((text, context) => {
    const list = text.split(',').map((item) => /^(?:\[([\da-f:]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(item.trim()));
    const valid = list.flatMap((match) => {
      const port = Number(match?.[3] ?? usual);
      const host = match?.[1] ?? match?.[2];
      return host !== undefined && port >= 1 && port <= 65_535 ? [{ host, port }] : [];
    });
    if (valid.length === list.length) return valid;
    context.addIssue('must be a list of addresses such as redis-1:26379,redis-2:26379');
    return z.NEVER;
  });
}

/** `true` or `false`. */
export function flag(fallback: boolean) {
  return z
    .enum(['true', 'false', '1', '0'])
    .default(fallback ? 'true' : 'false')
    .transform((text) => text === 'true' || text === '1');
}

/** An http(s) base URL without its trailing slash. */
export function httpUrl(fallback: string) {
  return z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .default(fallback)
    .transform((url) => url.replace(/\/+$/, ''));
}

/** A comma-separated list of address ranges; empty by default. */
export function subnets() {
  return z
    .string()
    .default('')
    .transform((text, context) => {
      try {
        return parseSubnets(text);
      } catch (error) {
        context.addIssue(`must be a list of ranges such as 10.0.0.0/8: ${error instanceof Error ? error.message : ''}`);
        return z.NEVER;
      }
    });
}

const NOT_A_KEY = 'must be 32 bytes in base64 or hex, for example from: openssl rand -base64 32';

function parseKey(text: string): Buffer | null {
  const key = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64');
  return key.length === 32 ? key : null;
}

/** 32 bytes in base64 or hex. */
export function encryptionKey() {
  return z.string().transform((text, context) => {
    const key = parseKey(text);
    if (key) return key;
    context.addIssue(NOT_A_KEY);
    return z.NEVER;
  });
}

/** A comma-separated list of encryption keys; empty by default. */
export function encryptionKeys() {
  return z
    .string()
    .default('')
    .transform((text, context) => {
      const keys = text === '' ? [] : text.split(',').map((key) => parseKey(key.trim()));
      const valid = keys.filter((key) => key !== null);
      if (valid.length === keys.length) return valid;
      context.addIssue(`each ${NOT_A_KEY}`);
      return z.NEVER;
    });
}

/** A variable that may be missing; the empty string counts as missing, as in a commented-out line of a .env file. */
export function optional<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
}
