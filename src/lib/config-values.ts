import path from 'node:path';
import { z } from 'zod';
import { parseSubnets } from './webhooks/address-policy.ts';

/** The forms that variables have, as texts of the environment. */

/** A text of which `read` makes the value; null: it is none, and the fault says what would be. */
function textAs<T>(read: (text: string) => T | null, fault: string) {
  return z.string().transform((text, context) => {
    const value = read(text);
    if (value !== null) return value;
    context.addIssue(fault);
    return z.NEVER;
  });
}

/** The values of a list with commas; null where one of them is none. */
function readList<T>(text: string, read: (item: string) => T | null): T[] | null {
  const values = text.split(',').map((item) => read(item.trim()));
  const valid = values.filter((value) => value !== null);
  return valid.length === values.length ? valid : null;
}

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** Timers past 2^31 ms fire at once in Node; a month is beyond every wait that we know. */
const LONGEST_MS = 24 * UNITS_MS.d;

/** `200ms`, `30s`, `10m`, `2h`, `7d` → ms; null when the text is none of these or longer than `longestMs`. */
function readDuration(text: string, longestMs = LONGEST_MS): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return null;
  const ms = Math.round(Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS]);
  return ms <= longestMs ? ms : null;
}

/** A duration, in ms. `longestMs`: for one that no timer waits for. */
export function durationMs(fallback: string, longestMs?: number) {
  const fault = 'must be a duration such as 200ms, 30s, 10m, 2h or 7d';
  return textAs((text) => readDuration(text, longestMs), fault).prefault(fallback);
}

/** A list of durations, in ms. */
export function durationList(fallback: string) {
  const fault = 'must be a list of durations such as 30s,60s,5m';
  return textAs((text) => readList(text, (item) => readDuration(item)), fault).prefault(fallback);
}

/** So many in a window: `600/60s` → {count, windowMs}. */
export function rate(fallback: string) {
  return textAs((text) => {
    const [count = '', window = '', ...more] = text.split('/');
    const windowMs = readDuration(window);
    const valid = /^[1-9]\d{0,8}$/.test(count.trim()) && windowMs && more.length === 0;
    return valid ? { count: Number(count), windowMs } : null;
  }, 'must be a rate such as 600/60s').prefault(fallback);
}

const UNITS_BYTES = { B: 1, KB: 1000, MB: 1_000_000, GB: 1_000_000_000 } as const;

/** A size, decimal: `20MB` → 20,000,000; a bare number is bytes. At least 1, at most `largest`. */
export function bytes(fallback: string, largest: number) {
  return textAs((text) => {
    const match = /^(\d+(?:\.\d+)?)(B|KB|MB|GB)?$/i.exec(text.trim());
    const unit = (match?.[2] ?? 'B').toUpperCase() as keyof typeof UNITS_BYTES;
    const size = match ? Math.round(Number(match[1]) * UNITS_BYTES[unit]) : 0;
    return size >= 1 && size <= largest ? size : null;
  }, `must be a size such as 500KB or 20MB, at most ${largest} bytes`).prefault(fallback);
}

/** A whole number that is not below `min`. */
export function count(fallback: number, min = 1) {
  return z.coerce.number().int().min(min).default(fallback);
}

/** Where something listens; 0 is any free port. */
export function port() {
  return z.coerce.number().int().min(0).max(65_535);
}

/** `true` or `false`; where it is not set, it is false. */
export function flag() {
  return z
    .enum(['true', 'false', '1', '0'])
    .default('false')
    .transform((text) => text === 'true' || text === '1');
}

/** An http(s) URL. */
export function httpUrl() {
  return z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });
}

/** An http(s) base URL without its trailing slash. */
export function baseUrl(fallback: string) {
  return httpUrl()
    .default(fallback)
    .transform((url) => url.replace(/\/+$/, ''));
}

/** What can stand in a header: a key or a token. */
export function visibleAscii() {
  return z.string().regex(/^[\x21-\x7e]+$/, 'must be visible ASCII');
}

const ADDRESS = /^[a-z0-9+]+:\/\//i;

/** A folder; relative ones are below the folder that the process was started in. */
export function folder(fallback: string) {
  return textAs((text) => (text === '' || ADDRESS.test(text) ? null : path.resolve(text)), 'must be a folder').prefault(
    fallback,
  );
}

/** A bucket by the rules of S3, and what all names in it begin with. */
const S3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w.\-/]*))?$/;

/** A folder, or `s3://bucket/prefix`; the prefix ends with a slash, or is empty. */
export function assetPlace() {
  return textAs((text) => {
    if (!ADDRESS.test(text)) return { kind: 'folder' as const, folder: path.resolve(text) };
    const [whole, bucket = '', prefix = ''] = S3.exec(text) ?? [];
    return whole === undefined ? null : { kind: 's3' as const, bucket, prefix: prefix.replace(/\/*$/, prefix && '/') };
  }, 'must be a folder or s3://bucket/prefix');
}

/** A list of `host:port`, IPv6 addresses in brackets; without a port it is the usual one. */
export function hostPorts(usual: number) {
  const read = (item: string) => {
    const match = /^(?:\[([\da-f:]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(item);
    const host = match?.[1] ?? match?.[2];
    const port = Number(match?.[3] ?? usual);
    return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : null;
  };
  return textAs((text) => readList(text, read), 'must be a list of addresses such as redis-1:26379,redis-2:26379');
}

/** A list of address ranges; empty by default. */
export function subnets() {
  return textAs((text) => {
    try {
      return parseSubnets(text);
    } catch {
      return null;
    }
  }, 'must be a list of ranges such as 10.0.0.0/8,fd00::/8').prefault('');
}

const A_KEY = 'must be 32 bytes in base64 or hex, for example from: openssl rand -base64 32';

function readKey(text: string): Buffer | null {
  const key = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64');
  return key.length === 32 ? key : null;
}

/** 32 bytes in base64 or hex. */
export function encryptionKey() {
  return textAs(readKey, A_KEY);
}

/** A list of encryption keys; empty by default. */
export function encryptionKeys() {
  return textAs((text) => (text === '' ? [] : readList(text, readKey)), `each ${A_KEY}`).prefault('');
}

/** A variable that may be missing; the empty string counts as missing, as in a commented-out line of a .env file. */
export function optional<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
}
