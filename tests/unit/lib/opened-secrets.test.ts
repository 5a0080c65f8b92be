import { randomBytes } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { createVault, UnsealError } from '../../../src/lib/crypto.ts';
import { rememberOpened } from '../../../src/lib/opened-secrets.ts';

const vault = createVault(randomBytes(32));

it('opens a sealed text once, each for its purpose', () => {
  const open = vi.fn(vault.open);
  const opened = rememberOpened({ open });
  const sealed = vault.seal('secret', 'account.token');
  for (let n = 0; n < 3; n += 1) expect(opened.open(sealed, 'account.token')).toBe('secret');
  expect(open).toHaveBeenCalledOnce();
  expect(() => opened.open(sealed, 'tenant.webhook_secret')).toThrow(UnsealError);
});

it('forgets, so that it never holds more than a thousand', () => {
  const open = vi.fn((sealed: string) => sealed);
  const opened = rememberOpened({ open });
  for (let n = 0; n <= 1_000; n += 1) opened.open(`sealed ${n}`, 'account.token');
  opened.open('sealed 0', 'account.token');
  expect(open).toHaveBeenCalledTimes(1_002);
});
