import type { LookupAddress, LookupOptions } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../../src/lib/webhooks/address-policy.ts';
import { BlockedAddress, guardedLookup } from '../../../src/lib/webhooks/guarded-lookup.ts';

const addresses = (...ips: string[]): LookupAddress[] =>
  ips.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

/** Looks a name up through the guard, with a resolver that knows one answer. */
function lookUp(answer: LookupAddress[] | string | Error, options: LookupOptions) {
  return new Promise<unknown[]>((resolve) => {
    const guarded = guardedLookup((_host, _options, callback) => {
      if (answer instanceof Error) callback(answer, []);
      else callback(null, answer);
    }, isPublicAddress);
    guarded('hooks.example', options, (...result) => resolve(result));
  });
}

describe('the guarded lookup', () => {
  it('keeps the public candidates in their order and drops the others', async () => {
    const answer = addresses('127.0.0.1', '2606:4700::1', '10.0.0.1', '8.8.8.8', '::ffff:127.0.0.1');
    expect(await lookUp(answer, { all: true })).toEqual([null, addresses('2606:4700::1', '8.8.8.8')]);
  });

  it('gives the first public candidate where one is asked for', async () => {
    expect(await lookUp(addresses('127.0.0.1', '2606:4700::1', '8.8.8.8'), {})).toEqual([null, '2606:4700::1', 6]);
    expect(await lookUp('8.8.8.8', {})).toEqual([null, '8.8.8.8', 4]);
  });

  it.each([
    ['only private candidates', addresses('127.0.0.1', 'fd00::1')],
    ['a private answer of the old form', '169.254.169.254'],
    ['no candidate', []],
  ])('refuses %s', async (_, answer) => {
    for (const all of [true, false]) {
      const [error] = await lookUp(answer, { all });
      expect(error).toBeInstanceOf(BlockedAddress);
      expect(error).toMatchObject({ code: 'blocked_address', message: 'Webhooks may not connect to hooks.example.' });
    }
  });

  it('passes on what the resolver fails with', async () => {
    const failure = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    expect(await lookUp(failure, { all: true })).toEqual([failure, []]);
  });
});
