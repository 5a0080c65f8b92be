import type { Vault } from '../../lib/crypto.ts';
import type { DueMessage } from '../../lib/db/webhook-claims.ts';
import { rememberOpened } from '../../lib/opened-secrets.ts';

/** The secrets that sign a message: one, or two while rotating, the new one first. */
export type SecretReader = (message: DueMessage) => string[];

/** Opens sealed secrets. Throws UnsealError. */
export function createSecretReader(vault: Vault): SecretReader {
  const opened = rememberOpened(vault);
  return (message) => {
    const purpose = message.endpoint_id === null ? 'tenant.webhook_secret' : 'webhook_endpoint.secret';
    const sealed = [message.secret, ...(message.previous_secret === null ? [] : [message.previous_secret])];
    return sealed.map((text) => opened.open(text, purpose));
  };
}
