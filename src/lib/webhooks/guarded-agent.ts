import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { type AddressPolicy, allowedBy, isPublicAddress } from './address-policy.ts';
import { dnsLookup } from './dns-lookup.ts';
import { BlockedAddress, guardedLookup } from './guarded-lookup.ts';
import { isWebhookPort, literalAddresses } from './url-policy.ts';

/**
 * An HTTP/1.1 agent whose every connect obeys the policy: https only unless http is allowed; public addresses on ports
 * 443 and 8443; addresses in an allowed subnet on any port. The name stays in SNI, in the certificate check and in
 * `Host`. A refused connect fails its request with `BlockedAddress` (code `blocked_address`).
 *
 * Names are asked of the DNS servers; where private subnets are allowed, of the system, which knows the hosts file and
 * the search domains of private networks.
 *
 * @param options.connectTimeoutMs For name, TCP and TLS together; undici's clock for it is coarse (half a second).
 * @param options.maxConnectionsPerOrigin Further requests to the origin wait; their deadline runs meanwhile.
 * @param options.lookup The resolver, in tests.
 * @param options.ca A certificate (PEM) to trust instead of the public ones, in tests.
 */
export function createGuardedAgent(
  policy: AddressPolicy,
  options: { connectTimeoutMs: number; maxConnectionsPerOrigin: number; lookup?: LookupFunction; ca?: string },
): Agent {
  const lookup = options.lookup ?? (policy.allowedSubnets.length > 0 ? systemLookup : dnsLookup());
  const allowed = (ip: string) => allowedBy(ip, policy.allowedSubnets);
  const guard = (permits: (ip: string) => boolean) => {
    const connect = buildConnector({
      allowH2: false,
      timeout: options.connectTimeoutMs,
      lookup: guardedLookup(lookup, permits),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
    return { permits, connect };
  };
  // A lookup is not told the port, and a connector per request would lose the TLS sessions: hence one for each rule.
  const onWebhookPort = guard((ip) => allowed(ip) || isPublicAddress(ip));
  const onOtherPort = guard(allowed);

  return new Agent({
    allowH2: false,
    connections: options.maxConnectionsPerOrigin,
    connect: (target, callback) => {
      const { permits, connect } = isWebhookPort(target.protocol, target.port) ? onWebhookPort : onOtherPort;
      const plainRefused = target.protocol !== 'https:' && !policy.allowHttp;
      // A socket does not look up a literal address, so it is judged here, and DNS need not know localhost.
      const literal = literalAddresses(target.hostname);
      const literalRefused = literal.length > 0 && !literal.some(permits);
      if (plainRefused || literalRefused) {
        // Not at once: undici is still dispatching, and expects the answer later, as from a socket.
        process.nextTick(callback, new BlockedAddress(target.hostname), null);
      } else {
        connect(target, callback);
      }
    },
  });
}
