import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
/** Within the 24 to 64 that Standard Webhooks 1.0 asks for. In bytes. */
const NEW_SECRET_BYTES = 32;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A secret that cannot sign. The message never contains the secret. */
export class MalformedSecret extends Error {
  readonly code = 'malformed_secret';
  override readonly name = 'MalformedSecret';
}

/** A new signing secret: `whsec_` and the base64 of random bytes. */
export function newWebhookSecret(): string {
  return PREFIX + randomBytes(NEW_SECRET_BYTES).toString('base64');
}

/**
 * The three headers of Standard Webhooks 1.0 for one attempt.
 *
 * @param input.id The message's id: the same on every attempt.
 * @param input.timestampS This attempt's time, whole unix seconds.
 * @param input.body Exactly the bytes that are sent.
 * @param input.secrets One secret, or two while rotating; one signature each, in this order, separated by a space.
 * @throws MalformedSecret when there is no secret, or one is not `whsec_` and base64 of 24 to 64 bytes.
 * @throws RangeError when `timestampS` is not a whole number: receivers parse an integer and would sign another text.
 */
export function webhookHeaders(input: {
  id: string;
  timestampS: number;
  body: Buffer | Uint8Array;
  secrets: readonly string[];
}): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  if (!Number.isSafeInteger(input.timestampS)) throw new RangeError('timestampS must be whole seconds');
  if (input.secrets.length === 0) throw new MalformedSecret('There is no secret to sign with.');
  const signatures = input.secrets.map((secret) => {
    const hmac = createHmac('sha256', keyOf(secret)).update(`${input.id}.${input.timestampS}.`).update(input.body);
    return `v1,${hmac.digest('base64')}`;
  });
  return {
    'webhook-id': input.id,
    'webhook-timestamp': String(input.timestampS),
    'webhook-signature': signatures.join(' '),
  };
}

function keyOf(secret: string): Buffer {
  const encoded = secret.slice(PREFIX.length);
  // Buffer.from skips what is not base64, so a damaged secret would sign with another key unnoticed.
  if (!secret.startsWith(PREFIX) || !BASE64.test(encoded)) {
    throw new MalformedSecret('A webhook secret must be whsec_ followed by base64.');
  }
  const key = Buffer.from(encoded, 'base64');
  if (key.length < 24 || key.length > 64) {
    throw new MalformedSecret('A webhook secret must hold 24 to 64 bytes.');
  }
  return key;
}
