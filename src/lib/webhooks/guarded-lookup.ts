import { isIP, type LookupFunction } from 'node:net';

/** A connect that the address policy refuses; nothing was sent. */
export class BlockedAddress extends Error {
  readonly code = 'blocked_address';
  override readonly name = 'BlockedAddress';

  constructor(host: string) {
    super(`Webhooks may not connect to ${host}.`);
  }
}

/**
 * A socket's lookup that answers only addresses that may be connected to. It asks `resolve` once per connect, and the
 * socket connects to exactly what is answered here, so a name that leads elsewhere a moment later gains nothing.
 *
 * Of several candidates (Happy Eyeballs asks with `all: true`) the refused ones are dropped; when none is left the
 * lookup fails with {@link BlockedAddress}.
 */
export function guardedLookup(resolve: LookupFunction, permits: (ip: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, answer, family) => {
      if (error) {
        callback(error, []);
        return;
      }
      const candidates = typeof answer === 'string' ? [{ address: answer, family: family ?? isIP(answer) }] : answer;
      const permitted = candidates.filter((candidate) => permits(candidate.address));
      const [first] = permitted;
      if (first === undefined) callback(new BlockedAddress(hostname), []);
      else if (options.all === true) callback(null, permitted);
      else callback(null, first.address, first.family);
    });
  };
}
