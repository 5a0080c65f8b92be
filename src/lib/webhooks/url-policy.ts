import { isIP } from 'node:net';
import { type AddressPolicy, allowedBy, isPublicAddress } from './address-policy.ts';

/** Longer ones are no addresses of receivers. In UTF-16 units. */
const MAX_URL = 2048;

/** Whether the port is one of 443 and 8443. `port` is a URL's: empty for the protocol's own. */
export function isWebhookPort(protocol: string, port: string): boolean {
  return port === '443' || port === '8443' || (port === '' && protocol === 'https:');
}

/**
 * Whether a receiver's URL may be stored. No name is resolved here: what a name leads to is checked at every connect,
 * by the guarded agent.
 *
 * @returns `reason` is one short sentence for the tenant.
 */
export function checkWebhookUrl(url: string, policy: AddressPolicy): { ok: true } | { ok: false; reason: string } {
  const reason = url.length > MAX_URL ? `The URL is longer than ${MAX_URL} characters.` : refusal(url, policy);
  return reason === null ? { ok: true } : { ok: false, reason };
}

function refusal(text: string, policy: AddressPolicy): string | null {
  if (!URL.canParse(text)) return 'The URL is not valid.';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(policy.allowHttp && url.protocol === 'http:')) {
    return policy.allowHttp ? 'The URL must start with https:// or http://.' : 'The URL must start with https://.';
  }
  if (url.username !== '' || url.password !== '') return 'The URL must not contain a user name or a password.';

  const addresses = literalAddresses(url.hostname);
  if (addresses.some((ip) => allowedBy(ip, policy.allowedSubnets))) return null;
  if (addresses.length > 0 && !addresses.some(isPublicAddress)) return 'The URL must not point to a private address.';
  // A name may lead into an allowed subnet, where any port will do; the connect decides.
  const nameMayBeAllowed = addresses.length === 0 && policy.allowedSubnets.length > 0;
  if (!nameMayBeAllowed && !isWebhookPort(url.protocol, url.port)) return "The URL's port must be 443 or 8443.";
  return null;
}

/** The addresses that a host means without asking a resolver. The URL parser has made 0x7f.1 and 2130706433 decimal. */
export function literalAddresses(hostname: string): string[] {
  const host = hostname.replace(/\.$/, '');
  // RFC 6761: these are loopback whatever a resolver says.
  if (host === 'localhost' || host.endsWith('.localhost')) return ['127.0.0.1', '::1'];
  const ip = host.replace(/^\[(.*)\]$/, '$1');
  return isIP(ip) === 0 ? [] : [ip];
}
