import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { MalformedSecret, newWebhookSecret, webhookHeaders } from '../../../src/lib/webhooks/sign.ts';

const nowS = () => Math.floor(Date.now() / 1000);
const sign = (secrets: string[], body: Buffer) => webhookHeaders({ id: 'msg_1', timestampS: nowS(), body, secrets });

describe('webhook signatures', () => {
  it('reproduces a signature computed by hand', () => {
    const key = Buffer.alloc(32, 7);
    const expected = createHmac('sha256', key).update('msg_1.1700000000.{"a":1}').digest('base64');
    const headers = webhookHeaders({
      id: 'msg_1',
      timestampS: 1_700_000_000,
      body: Buffer.from('{"a":1}'),
      secrets: [`whsec_${key.toString('base64')}`],
    });
    expect(headers).toEqual({
      'webhook-id': 'msg_1',
      'webhook-timestamp': '1700000000',
      'webhook-signature': `v1,${expected}`,
    });
  });

  it('reproduces the published example of Standard Webhooks', () => {
    const headers = webhookHeaders({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampS: 1_614_265_330,
      body: Buffer.from('{"test": 2432232314}'),
      secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    });
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('gives new secrets of 32 random bytes that the official library accepts', () => {
    const secrets = Array.from({ length: 50 }, newWebhookSecret);
    expect(new Set(secrets).size).toBe(50);
    for (const secret of secrets) {
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      expect(new Webhook(secret)).toBeInstanceOf(Webhook);
    }
  });

  it('signs with both secrets while rotating, and either one verifies', () => {
    const [older, newer] = [newWebhookSecret(), newWebhookSecret()];
    const headers = sign([newer, older], Buffer.from('{"ok":true}'));
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
    for (const secret of [older, newer]) {
      expect(new Webhook(secret).verify('{"ok":true}', headers)).toEqual({ ok: true });
    }
    expect(() => new Webhook(newWebhookSecret()).verify('{"ok":true}', headers)).toThrow('No matching signature');
  });

  it('is verified by the official library for any JSON body', () => {
    const secret = newWebhookSecret();
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
        const body = Buffer.from(json);
        expect(() => new Webhook(secret).verify(body, sign([secret], body))).not.toThrow();
      }),
    );
  });

  it('signs any bytes as they are, text or not', () => {
    const key = Buffer.alloc(24, 1);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const headers = webhookHeaders({
          id: 'msg_1',
          timestampS: 5,
          body: bytes,
          secrets: [`whsec_${key.toString('base64')}`],
        });
        const text = Buffer.concat([Buffer.from('msg_1.5.'), bytes]);
        expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(text).digest('base64')}`);
      }),
    );
  });

  const encoded = (length: number) => Buffer.alloc(length, 0xab).toString('base64');
  it.each([
    ['without the prefix', encoded(32)],
    ['with another prefix', `WHSEC_${encoded(32)}`],
    ['that is empty', ''],
    ['that is only the prefix', 'whsec_'],
    ['of 23 bytes', `whsec_${encoded(23)}`],
    ['of 65 bytes', `whsec_${encoded(65)}`],
    ['without its padding', `whsec_${encoded(32).replace('=', '')}`],
    ['with a line break', `whsec_${encoded(32)}\n`],
    ['in base64url', `whsec_${'-_'.repeat(16)}`],
    ['with a character too many', `whsec_A${encoded(32)}`],
  ])('refuses a secret %s without repeating it', (_, secret) => {
    const error = thrown(() => sign([newWebhookSecret(), secret], Buffer.from('{}')));
    expect(error).toBeInstanceOf(MalformedSecret);
    expect(error).toMatchObject({ code: 'malformed_secret' });
    if (secret.length > 6) expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toContain(secret.slice(6));
  });

  it.each([24, 64])('accepts a secret of %i bytes', (length) => {
    expect(() => sign([`whsec_${encoded(length)}`], Buffer.from('{}'))).not.toThrow();
  });

  it('refuses to sign without a secret or with a fraction of a second', () => {
    expect(() => sign([], Buffer.from('{}'))).toThrow(MalformedSecret);
    const input = { id: 'msg_1', timestampS: 1.5, body: Buffer.from('{}'), secrets: [newWebhookSecret()] };
    expect(() => webhookHeaders(input)).toThrow(RangeError);
  });
});

function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
