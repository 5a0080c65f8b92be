import { createServer } from 'node:https';
import type { AddressInfo, LookupFunction } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Agent } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AddressPolicy, parseSubnets } from '../../../src/lib/webhooks/address-policy.ts';
import { createGuardedAgent } from '../../../src/lib/webhooks/guarded-agent.ts';
import { httpReceiver } from './receiver.ts';
import { selfSigned } from './self-signed.ts';

const strict: AddressPolicy = { allowHttp: false, allowedSubnets: [] };
const withHttp: AddressPolicy = { allowHttp: true, allowedSubnets: [] };
const loopback: AddressPolicy = { allowHttp: true, allowedSubnets: parseSubnets('127.0.0.0/8') };

function agentFor(policy: AddressPolicy, options: { lookup?: LookupFunction; ca?: string; connections?: number } = {}) {
  const { connections = 4, ...rest } = options;
  const agent = createGuardedAgent(policy, { connectTimeoutMs: 2_000, maxConnectionsPerOrigin: connections, ...rest });
  onTestFinished(() => agent.destroy());
  return agent;
}

const receiver = (host?: string) => httpReceiver((response) => response.end('here'), host);

/** A resolver that gives these answers one after the other, then the last one for ever; `asked` counts. */
function resolver(...answers: string[][]): LookupFunction & { asked: number } {
  const lookup: LookupFunction = (_host, _options, callback) => {
    const ips = answers[Math.min(resolve.asked, answers.length - 1)] ?? [];
    resolve.asked += 1;
    callback(
      null,
      ips.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  const resolve = Object.assign(lookup, { asked: 0 });
  return resolve;
}

async function get(agent: Agent, url: string, reset = false): Promise<string> {
  const { origin, pathname } = new URL(url);
  const response = await agent.request({ origin, path: pathname, method: 'GET', reset });
  return response.body.text();
}

const blocked = { name: 'BlockedAddress', code: 'blocked_address' };

describe('the guarded agent', () => {
  it('connects to an allowed subnet on any port', async () => {
    const { url } = await receiver();
    expect(await get(agentFor(loopback), url)).toBe('here');
  });

  it.each(['127.0.0.1', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', 'localhost'])(
    'refuses loopback written as %s',
    async (host) => {
      const there = await receiver();
      await expect(get(agentFor(withHttp), `http://${host}:${there.port}/`)).rejects.toMatchObject(blocked);
      expect(there.connections).toBe(0);
    },
  );

  it.each(['https://127.0.0.1/', 'https://[::1]:8443/', 'https://169.254.169.254/', 'https://localhost/'])(
    'refuses %s on the usual ports too',
    async (url) => {
      await expect(get(agentFor(strict), url)).rejects.toMatchObject(blocked);
    },
  );

  it('refuses another port of a public address, literal or resolved', async () => {
    const agent = agentFor(withHttp, { lookup: resolver(['8.8.8.8', '2606:4700::1']) });
    await expect(get(agent, 'https://8.8.8.8:6379/')).rejects.toMatchObject(blocked);
    await expect(get(agent, 'https://hooks.example:6379/')).rejects.toMatchObject(blocked);
    await expect(get(agent, 'http://hooks.example/')).rejects.toMatchObject(blocked);
  });

  it('refuses http where it is not allowed, whatever the address', async () => {
    const there = await receiver();
    const agent = agentFor({ ...loopback, allowHttp: false });
    await expect(get(agent, there.url)).rejects.toMatchObject(blocked);
    expect(there.connections).toBe(0);
  });

  it('drops the refused candidates of an answer and connects to the rest', async () => {
    const refused = await receiver('127.0.0.1');
    const open = await receiver('127.0.0.2');
    const lookup = resolver(['127.0.0.1', '::1', '127.0.0.2']);
    const agent = agentFor({ allowHttp: true, allowedSubnets: parseSubnets('127.0.0.2/32') }, { lookup });
    expect(await get(agent, `http://hooks.example:${open.port}/`)).toBe('here');
    await expect(get(agent, `http://hooks.example:${refused.port}/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(refused.connections).toBe(0);
  });

  it('never reaches loopback through a name that is rebound', async () => {
    // 127.0.0.2 plays the public address: no test may leave this machine.
    const open = await receiver('127.0.0.2');
    const inner = await receiver('127.0.0.1');
    const lookup = resolver(['127.0.0.2'], ['127.0.0.1']);
    const agent = agentFor({ allowHttp: true, allowedSubnets: parseSubnets('127.0.0.2/32') }, { lookup });

    expect(await get(agent, `http://hooks.example:${open.port}/`, true)).toBe('here');
    expect(lookup.asked).toBe(1);
    await expect(get(agent, `http://hooks.example:${open.port}/`)).rejects.toMatchObject(blocked);
    await expect(get(agent, `http://hooks.example:${inner.port}/`)).rejects.toMatchObject(blocked);
    expect(lookup.asked).toBe(3);
    expect(inner.connections).toBe(0);
  });

  it.each([1, 2])('fails every request of a refused origin, with %i connections at most', async (connections) => {
    const agent = agentFor(strict, { connections, lookup: resolver(['10.0.0.1']) });
    for (const url of ['https://hooks.example/', 'https://10.0.0.1/']) {
      const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => get(agent, url)));
      for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: blocked });
    }
  });

  it('opens no more connections to an origin than it may', async () => {
    const there = await receiver();
    const agent = agentFor(loopback, { connections: 3 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(agent, there.url)));
    expect(answers).toEqual(Array(20).fill('here'));
    expect(there.connections).toBe(3);
  });

  it('keeps the name for SNI and the certificate while it connects to the checked address', async () => {
    const hooks = selfSigned('hooks.example');
    const names: unknown[] = [];
    const server = createServer(hooks, (request, response) => {
      const { servername, alpnProtocol } = request.socket as TLSSocket & { servername?: string };
      names.push(servername, request.headers.host?.split(':')[0], alpnProtocol);
      response.end('sealed');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const agent = agentFor(loopback, { lookup: resolver(['127.0.0.1']), ca: hooks.cert });

    expect(await get(agent, `https://hooks.example:${port}/`)).toBe('sealed');
    expect(names).toEqual(['hooks.example', 'hooks.example', 'http/1.1']);
    await expect(get(agent, `https://other.example:${port}/`)).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await expect(get(agentFor(loopback), `https://localhost:${port}/`)).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(names).toHaveLength(3);
  });
});
