import { createCipheriv, createDecipheriv, hash, randomBytes, timingSafeEqual } from 'node:crypto';

const IV_BYTES = 12; // the size that GCM is made for (NIST SP 800-38D)
const TAG_BYTES = 16;
const VERSION = 'v1';
/** Far too little to guess the rest. In characters. */
const HINT_LENGTH = 4;

/** What a sealed text is for: it is authenticated with the text, so that one cannot be passed off as the other. */
export type SealPurpose = 'account.token' | 'tenant.webhook_secret' | 'webhook_endpoint.secret';

/** A sealed text that was not made with this key for this purpose, or was changed since. */
export class UnsealError extends Error {
  override readonly name = 'UnsealError';
}

/** Encrypts and decrypts the secrets that are kept in the database (AES-256-GCM). */
export type Vault = {
  seal(text: string, purpose: SealPurpose): string;
  /** Throws UnsealError. */
  open(sealed: string, purpose: SealPurpose): string;
};

/**
 * @param key 32 bytes (ENCRYPTION_KEY): seals, and opens.
 * @param others ENCRYPTION_KEYS_OTHER: open as well, while one key takes the place of another.
 */
export function createVault(key: Buffer, others: readonly Buffer[] = []): Vault {
  return {
    seal(text, purpose) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(purpose));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `${VERSION}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`;
    },
    open(sealed, purpose) {
      const [version, packed] = sealed.split('.');
      const bytes = Buffer.from(packed ?? '', 'base64url');
      if (version !== VERSION || bytes.length < IV_BYTES + TAG_BYTES) throw new UnsealError('not a sealed text');
      for (const one of [key, ...others]) {
        const text = openWithKey(one, bytes, purpose);
        if (text !== null) return text;
      }
      throw new UnsealError(`this ${purpose} was sealed with another ENCRYPTION_KEY`);
    },
  };
}

/** Null when the bytes were not sealed with this key for this purpose: GCM tells. */
function openWithKey(key: Buffer, bytes: Buffer, purpose: SealPurpose): string | null {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES))
    .setAAD(Buffer.from(purpose))
    .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const text = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

/** SHA-256 in hex: for keys (compared, never shown) and for digests of states. */
export function sha256(text: string): string {
  return hash('sha256', text);
}

/** As much of a secret as people need to tell it from others. */
export function hintOf(secret: string): string {
  return secret.slice(-HINT_LENGTH);
}

/** Whether two secrets are the same; the time that it takes says nothing about where they differ. */
export function isSameSecret(given: string, secret: string): boolean {
  // Of digests, because only texts of one length can be compared so.
  return timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(secret)));
}
