import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';

/** The whole look-up of a name: a second less than a connect may take. In ms. */
const LOOKUP_TIMEOUT_MS = 4_000;
/** The first wait for a server; each round after it is twice as long. In ms. */
const FIRST_TRY_MS = 1_000;
/** A lost packet is sent again within the time there is: after one second, and after three. */
const TRIES = 3;

/** No server knew an address of the name, or none answered in time. */
class UnresolvedName extends Error {
  readonly code = 'unresolved_name';
  override readonly name = 'UnresolvedName';

  constructor(host: string, cause: unknown) {
    super(`No address was found for ${host}.`, { cause });
  }
}

/**
 * A socket's lookup that asks the DNS servers itself. The system's (`dns.lookup`) holds one of the few threads that the
 * whole process resolves names and reads files with, for as long as a stranger's DNS server likes.
 *
 * It answers every address of the family that is asked for, whatever `all` says, and knows neither the hosts file nor
 * search domains. It fails with an UnresolvedName (code `unresolved_name`) after 4 s at the latest.
 *
 * @param newResolver A resolver for one look-up. What one server's silence teaches c-ares about its time-outs is then
 *   nobody else's, and a changed `resolv.conf` is seen.
 */
export function dnsLookup(newResolver = () => new Resolver({ timeout: FIRST_TRY_MS, tries: TRIES })): LookupFunction {
  return (hostname, { family }, callback) => {
    resolveAll(newResolver(), hostname, family).then(
      (addresses) => callback(null, addresses),
      (error) => callback(error, []),
    );
  };
}

async function resolveAll(
  resolver: Resolver,
  hostname: string,
  family: number | 'IPv4' | 'IPv6' | undefined,
): Promise<LookupAddress[]> {
  const deadline = setTimeout(() => resolver.cancel(), LOOKUP_TIMEOUT_MS);
  const asked = [];
  // IPv6 first: where a host has none it is passed over at once, and the last candidate gets all the time that is left.
  if (family !== 4 && family !== 'IPv4') asked.push(resolver.resolve6(hostname).then((ips) => ofFamily(6, ips)));
  if (family !== 6 && family !== 'IPv6') asked.push(resolver.resolve4(hostname).then((ips) => ofFamily(4, ips)));
  const answers = await Promise.allSettled(asked);
  clearTimeout(deadline);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length > 0) return addresses;
  throw new UnresolvedName(hostname, answers.find((answer) => answer.status === 'rejected')?.reason);
}

function ofFamily(family: 4 | 6, ips: readonly string[]): LookupAddress[] {
  return ips.map((address) => ({ address, family }));
}
