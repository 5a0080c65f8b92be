import { describe, expect, it } from 'vitest';
import { type AddressPolicy, parseSubnets } from '../../../src/lib/webhooks/address-policy.ts';
import { checkWebhookUrl } from '../../../src/lib/webhooks/url-policy.ts';

const strict: AddressPolicy = { allowHttp: false, allowedSubnets: [] };
const withHttp: AddressPolicy = { allowHttp: true, allowedSubnets: [] };
const development: AddressPolicy = { allowHttp: true, allowedSubnets: parseSubnets('127.0.0.0/8,fd00::/8') };

const invalid = 'The URL is not valid.';
const scheme = 'The URL must start with https://.';
const schemes = 'The URL must start with https:// or http://.';
const userinfo = 'The URL must not contain a user name or a password.';
const privateAddress = 'The URL must not point to a private address.';
const port = "The URL's port must be 443 or 8443.";

describe('webhook URLs in production', () => {
  it.each([
    'https://example.com',
    'https://example.com/hooks?a=b#fragment',
    'https://example.com:443/',
    'https://example.com:8443/',
    'https://EXAMPLE.com./',
    'https://bücher.example/',
    'https://8.8.8.8/',
    'https://8.8.8.8:8443/',
    'https://134744072/',
    'https://[2606:4700:4700::1111]/',
    'https://localhost.example.com/',
    'https://notlocalhost/',
    '  https://example.com/  ',
  ])('may be %s', (url) => {
    expect(checkWebhookUrl(url, strict)).toEqual({ ok: true });
  });

  it.each([
    ['', invalid],
    ['example.com', invalid],
    ['https://', invalid],
    ['https://example.com:99999/', invalid],
    ['https://1.2.3.4.5/', invalid],
    ['https://256.1.1.1/', invalid],
    ['https://[fe80::1%25eth0]/', invalid],
    ['https://exa mple.com/', invalid],
    ['http://example.com/', scheme],
    ['http://127.0.0.1/', scheme],
    ['ftp://example.com/', scheme],
    ['file:///etc/passwd', scheme],
    ['javascript:alert(1)', scheme],
    ['https://user@example.com/', userinfo],
    ['https://user:password@example.com/', userinfo],
    ['https://:password@example.com/', userinfo],
    ['https://example.com@127.0.0.1/', userinfo],
    ['https://example.com:80/', port],
    ['https://example.com:22/', port],
    ['https://8.8.8.8:6379/', port],
    ['https://127.0.0.1/', privateAddress],
    ['https://127.0.0.1:6379/', privateAddress],
    ['https://127.0.0.1./', privateAddress],
    ['https://2130706433/', privateAddress],
    ['https://0x7f000001/', privateAddress],
    ['https://0x7f.1/', privateAddress],
    ['https://0177.0.0.1/', privateAddress],
    ['https://127.1/', privateAddress],
    ['https://0/', privateAddress],
    ['https://①②⑦.⓪.⓪.①/', privateAddress],
    ['https://%31%32%37.0.0.1/', privateAddress],
    ['https://10.0.0.1/', privateAddress],
    ['https://169.254.169.254/latest/meta-data/', privateAddress],
    ['https://[::1]/', privateAddress],
    ['https://[::]/', privateAddress],
    ['https://[::ffff:127.0.0.1]/', privateAddress],
    ['https://[::ffff:8.8.8.8]/', privateAddress],
    ['https://[64:ff9b::8.8.8.8]/', privateAddress],
    ['https://[fd00::1]/', privateAddress],
    ['https://localhost/', privateAddress],
    ['https://LOCALHOST/', privateAddress],
    ['https://localhost./', privateAddress],
    ['https://a.localhost/', privateAddress],
    ['https://a.localhost.:8443/', privateAddress],
  ])('may not be %s', (url, reason) => {
    expect(checkWebhookUrl(url, strict)).toEqual({ ok: false, reason });
  });

  it('may have 2048 characters and no more', () => {
    const longest = `https://example.com/${'a'.repeat(2028)}`;
    expect(checkWebhookUrl(longest, strict)).toEqual({ ok: true });
    const reason = 'The URL is longer than 2048 characters.';
    expect(checkWebhookUrl(`${longest}a`, strict)).toEqual({ ok: false, reason });
  });
});

describe('webhook URLs where http is allowed', () => {
  it.each([
    ['https://example.com/', null],
    ['http://example.com:443/', null],
    ['http://example.com:8443/', null],
    ['http://example.com/', port],
    ['http://127.0.0.1:8443/', privateAddress],
    ['http://localhost:8443/', privateAddress],
    ['ftp://example.com/', schemes],
  ])('are judged the same otherwise: %s', (url, reason) => {
    expect(checkWebhookUrl(url, withHttp)).toEqual(reason === null ? { ok: true } : { ok: false, reason });
  });
});

describe('webhook URLs where subnets are allowed', () => {
  it.each([
    ['http://127.0.0.1:3000/', null],
    ['http://127.0.0.1/', null],
    ['http://0x7f.1:3000/', null],
    ['http://[fd00::1]:3000/', null],
    ['http://localhost:3000/', null],
    ['http://a.localhost:3000/', null],
    ['http://receiver:3000/', null],
    ['https://example.com:9000/', null],
    ['https://8.8.8.8/', null],
    ['https://8.8.8.8:9000/', port],
    ['http://10.0.0.1/', privateAddress],
    ['http://[::1]:3000/', privateAddress],
    ['http://[::ffff:127.0.0.1]:3000/', privateAddress],
    ['http://user@127.0.0.1:3000/', userinfo],
  ])('open what lies in them, and names for the connect to judge: %s', (url, reason) => {
    expect(checkWebhookUrl(url, development)).toEqual(reason === null ? { ok: true } : { ok: false, reason });
  });

  it('do not allow http by themselves', () => {
    const policy = { ...development, allowHttp: false };
    expect(checkWebhookUrl('http://127.0.0.1:3000/', policy)).toEqual({ ok: false, reason: scheme });
    expect(checkWebhookUrl('https://127.0.0.1:3000/', policy)).toEqual({ ok: true });
  });

  it('without loopback do not open localhost', () => {
    const policy = { allowHttp: true, allowedSubnets: parseSubnets('10.0.0.0/8') };
    expect(checkWebhookUrl('http://localhost:3000/', policy)).toEqual({ ok: false, reason: privateAddress });
  });
});
