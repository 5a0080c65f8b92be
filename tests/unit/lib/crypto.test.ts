import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createVault, UnsealError } from '../../../src/lib/crypto.ts';

const vault = createVault(randomBytes(32));

it('opens what it sealed, whatever the text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      (text) => vault.open(vault.seal(text, 'account.token'), 'account.token') === text,
    ),
  );
});

it('never seals to the same text twice, and shows nothing of it', () => {
  const [one, two] = [vault.seal('nmv_usr_secret', 'account.token'), vault.seal('nmv_usr_secret', 'account.token')];
  expect(one).not.toBe(two);
  expect(one).not.toContain('nmv_usr');
});

it.each([
  ['another purpose', () => vault.open(vault.seal('x', 'account.token'), 'tenant.webhook_secret')],
  ['another key', () => createVault(randomBytes(32)).open(vault.seal('x', 'account.token'), 'account.token')],
  [
    'a changed byte',
    () =>
      vault.open(
        vault.seal('xyz', 'account.token').replace(/(?<=^v1\.)./, (c) => (c === 'A' ? 'B' : 'A')),
        'account.token',
      ),
  ],
  ['something else', () => vault.open('hello', 'account.token')],
  ['an empty text', () => vault.open('', 'account.token')],
])('does not open a text for %s', (_what, open) => {
  expect(open).toThrow(UnsealError);
});

it('opens with the other keys too, and seals with its own', () => {
  const [own, old] = [randomBytes(32), randomBytes(32)];
  const both = createVault(own, [randomBytes(32), old]);
  expect(both.open(createVault(old).seal('before', 'account.token'), 'account.token')).toBe('before');
  expect(createVault(own).open(both.seal('after', 'account.token'), 'account.token')).toBe('after');
});
