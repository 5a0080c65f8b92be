import type { Vault } from '../../lib/crypto.ts';
import type { DueMessage } from '../../lib/db/webhook-messages.ts';

/** Opened secrets that are remembered; beyond, all are forgotten. */
const MAX_REMEMBERED = 1_000;

/** The secrets that sign a message: one, or two while rotating, the new one first. */
export type SecretReader = (message: DueMessage) => string[];

/** Opens sealed secrets, each once: an endpoint's thousandth message does not need it again. Throws UnsealError. */
export function createSecretReader(vault: Vault): SecretReader {
  const opened = new Map<string, string>();
  return (message) => {
    const purpose = message.endpoint_id === null ? 'tenant.webhook_secret' : 'webhook_endpoint.secret';
    const sealed = [message.secret, ...(message.previous_secret === null ? [] : [message.previous_secret])];
    return sealed.map((text) => {
      const secret = opened.get(text) ?? vault.open(text, purpose);
      if (opened.size >= MAX_REMEMBERED) opened.clear();
      opened.set(text, secret);
      return secret;
    });
  };
}
