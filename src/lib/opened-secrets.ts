import type { Vault } from './crypto.ts';

/** Opened secrets that are remembered; beyond, all are forgotten. */
const MAX_REMEMBERED = 1_000;

/**
 * A vault that opens each sealed text once: an endpoint's thousandth message, and an account's thousandth call, do not
 * need it again. Which text counts is read anew each time, so a secret that was taken away is not used any more.
 */
export function rememberOpened(vault: Pick<Vault, 'open'>): Pick<Vault, 'open'> {
  const opened = new Map<string, string>();
  return {
    open(sealed, purpose) {
      const asked = `${purpose} ${sealed}`;
      const known = opened.get(asked);
      if (known !== undefined) return known;
      const secret = vault.open(sealed, purpose);
      if (opened.size >= MAX_REMEMBERED) opened.clear();
      opened.set(asked, secret);
      return secret;
    },
  };
}
