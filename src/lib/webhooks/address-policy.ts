import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A block of addresses in CIDR notation, parsed. */
type Subnet = { readonly network: Address; readonly prefixLength: number };

/** What an operator opens beyond https to public addresses (`WEBHOOK_ALLOW_HTTP`, `WEBHOOK_ALLOWED_SUBNETS`). */
export type AddressPolicy = { readonly allowHttp: boolean; readonly allowedSubnets: readonly Subnet[] };

const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');

/**
 * Whether a stranger's server may live at this address: true for global unicast only.
 *
 * IPv4 follows the IANA special-purpose registry (RFC 6890 and later, as ipaddr.js lists it). IPv6 is an allow-list:
 * inside 2000::/3, the only block that IANA gives out, and not special there. That refuses every form that carries an
 * IPv4 address (mapped, compatible, 6to4, NAT64, Teredo) whatever that address is.
 *
 * @param ip Dotted decimal or IPv6 text without brackets. Anything else, zones too, is false.
 */
export function isPublicAddress(ip: string): boolean {
  const address = parse(ip);
  if (address === null || address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || contains({ network: GLOBAL_UNICAST, prefixLength: 3 }, address);
}

/**
 * Whether the address lies in one of the subnets. The families do not mix: `::ffff:127.0.0.1` is not in 127.0.0.0/8.
 *
 * @param ip As for {@link isPublicAddress}; text that is no address is in no subnet.
 */
export function allowedBy(ip: string, subnets: readonly Subnet[]): boolean {
  const address = parse(ip);
  return address !== null && subnets.some((subnet) => contains(subnet, address));
}

/**
 * Parses `127.0.0.0/8, fd00::/8`: CIDR blocks between commas, spaces and empty entries ignored.
 *
 * @throws RangeError naming the first entry that is not an address, a slash and a prefix length.
 */
export function parseSubnets(list: string): Subnet[] {
  const entries = list.split(',').map((entry) => entry.trim());
  return entries.filter((entry) => entry !== '').map(parseSubnet);
}

function parseSubnet(entry: string): Subnet {
  const [ip = '', length = '', ...rest] = entry.split('/');
  const network = parse(ip);
  const prefixLength = Number(length);
  const longest = network?.kind() === 'ipv4' ? 32 : 128;
  if (network === null || !/^\d{1,3}$/.test(length) || prefixLength > longest || rest.length > 0) {
    throw new RangeError(`Not a subnet: "${entry}" (expected something like 10.0.0.0/8 or fd00::/8)`);
  }
  return { network, prefixLength };
}

function parse(ip: string): Address | null {
  // ipaddr.js also reads 127.1, 0x7f000001 and 0177.0.0.1; sockets and resolvers never give those, so they are doubtful.
  if (isIP(ip) === 0 || ip.includes('%')) return null;
  return ipaddr.parse(ip);
}

function contains(subnet: Subnet, address: Address): boolean {
  return subnet.network.kind() === address.kind() && address.match(subnet.network, subnet.prefixLength);
}
