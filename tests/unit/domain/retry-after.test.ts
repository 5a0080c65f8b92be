import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../../src/lib/domain/retry-after.ts';

const now = Date.UTC(2026, 0, 1, 12, 0, 0);

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    [' 5 ', 5_000],
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thursday, 01-Jan-26 12:00:30 GMT', 30_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['-5', null],
    ['1.5', null],
    ['1e3', null],
    ['soon', null],
    ['', null],
    ['2027', 2_027_000],
    ['Thu, 99 Jan 2026 12:00:30 GMT', null],
    ['604800', 604_800_000],
    ['9999999999999', 2_592_000_000],
    ['9'.repeat(400), 2_592_000_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 2_592_000_000],
    [undefined, null],
  ])('%s asks for %s ms', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});
