import { type LookupOptions, lookup as systemLookup } from 'node:dns';
import { describe, expect, it, onTestFinished } from 'vitest';
import { classifyError } from '../../../src/lib/webhooks/attempt-error.ts';
import { dnsLookup } from '../../../src/lib/webhooks/dns-lookup.ts';
import { createGuardedAgent } from '../../../src/lib/webhooks/guarded-agent.ts';
import { startDnsServer } from './dns-server.ts';

const V6 = '2606:4700:0:0:0:0:0:1';

/** What the lookup answers. */
function ask(lookup: ReturnType<typeof dnsLookup>, host: string, options: LookupOptions = { all: true }) {
  return new Promise<unknown>((resolve) => lookup(host, options, (error, answer) => resolve(error ?? answer)));
}

describe('the DNS lookup', () => {
  it('gives the addresses of both families, or of the one that is asked for', async () => {
    const server = await startDnsServer({ 'hooks.example': ['8.8.8.8', '9.9.9.9', V6], 'four.example': ['8.8.4.4'] });
    const lookup = dnsLookup(server.newResolver);
    const v6 = { address: '2606:4700::1', family: 6 };
    const v4 = ['8.8.8.8', '9.9.9.9'].map((address) => ({ address, family: 4 }));
    expect(await ask(lookup, 'hooks.example')).toEqual([v6, ...v4]);
    expect(await ask(lookup, 'hooks.example', { all: true, family: 4 })).toEqual(v4);
    expect(await ask(lookup, 'hooks.example', { all: true, family: 'IPv6' })).toEqual([v6]);
    expect(await ask(lookup, 'four.example')).toEqual([{ address: '8.8.4.4', family: 4 }]);
  });

  it.each([
    ['does not exist', 'other.example'],
    ['has no address', 'empty.example'],
    ['is not answered', 'silent.example'],
  ])('fails where a name %s, as a failure of DNS', async (_, host) => {
    const server = await startDnsServer({ 'empty.example': [], 'silent.example': null });
    const lookup = dnsLookup(() => server.newResolver({ timeout: 50, tries: 1 }));
    const error = await ask(lookup, host);
    expect(error).toMatchObject({ name: 'UnresolvedName', message: `No address was found for ${host}.` });
    expect(classifyError(error)).toBe('dns');
  });

  it('does not keep the system from resolving other names while its own are not answered', async () => {
    const server = await startDnsServer({ 'silent.example': null });
    const lookup = dnsLookup(() => server.newResolver({ timeout: 1_000, tries: 1 }));
    const ended: unknown[] = [];
    const silent = Array.from({ length: 16 }, () => ask(lookup, 'silent.example').then((error) => ended.push(error)));
    const local = await new Promise((resolve) => systemLookup('localhost', (error) => resolve(error)));
    expect([local, ended]).toEqual([null, []]);
    await Promise.all(silent);
  });

  it('is guarded as any other: a name with a private address is refused', async () => {
    const server = await startDnsServer({ 'inner.example': ['10.0.0.1', '0:0:0:0:0:0:0:1'] });
    const agent = createGuardedAgent(
      { allowHttp: false, allowedSubnets: [] },
      { connectTimeoutMs: 2_000, maxConnectionsPerOrigin: 1, lookup: dnsLookup(server.newResolver) },
    );
    onTestFinished(() => agent.destroy());
    const refused = agent.request({ origin: 'https://inner.example', path: '/', method: 'GET' });
    await expect(refused).rejects.toMatchObject({ code: 'blocked_address' });
    expect(server.asked).toContain('inner.example');
  });
});
