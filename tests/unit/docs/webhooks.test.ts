import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, expect, it, vi } from 'vitest';
import { DEFAULT_EVENTS, PUBLIC_EVENTS } from '../../../src/lib/domain/event-types.ts';
import { webhookHeaders } from '../../../src/lib/webhooks/sign.ts';
import { codeBlocks, readGuide } from '../../support/guide.ts';

const guide = readGuide('docs/webhooks.md');

const cell = (name: string) => {
  const match = guide.match(new RegExp(`^\\| ${name.replace(/[()]/g, '\\$&')} \\| \`(.+)\` \\|$`, 'm'));
  if (!match?.[1]) throw new Error(`docs/webhooks.md has no row "${name}"`);
  return match[1];
};
/** The code in one language that has these words. */
const snippet = (language: string, words: string) => {
  const code = codeBlocks(guide, language).find((block) => block.includes(words));
  if (code === undefined) throw new Error(`docs/webhooks.md has no ${language} with ${words}`);
  return code;
};
const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

const secret = cell('secret');
const id = cell('webhook-id');
const timestamp = cell('webhook-timestamp');
const body = cell('body (UTF-8)');
const signature = cell('webhook-signature');

it('the test vector is what we sign', () => {
  const headers = webhookHeaders({ id, timestampS: Number(timestamp), body: Buffer.from(body), secrets: [secret] });
  expect(headers['webhook-signature']).toBe(signature);
  expect(guide.split(signature)).toHaveLength(3);
});

afterEach(() => vi.useRealTimers());

it('the TypeScript snippet takes it, and nothing that was changed or is old', async () => {
  // Beside the tests, so that what they are run with knows how to read TypeScript.
  const folder = mkdtempSync(path.join(import.meta.dirname, '.snippet-'));
  writeFileSync(path.join(folder, 'verify.ts'), snippet('ts', 'verify'));
  const { verify } = await import(path.join(folder, 'verify.ts')).finally(() => rmSync(folder, { recursive: true }));
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  const at = (seconds: number) => vi.useFakeTimers({ toFake: ['Date'], now: (Number(timestamp) + seconds) * 1000 });
  at(299);
  expect(verify(secret, headers, body)).toMatchObject({ type: 'webhook.test' });
  expect(() => verify(secret, headers, `${body} `)).toThrow();
  at(301);
  expect(() => verify(secret, headers, body)).toThrow();
});

it('the official library signs it alike', () => {
  expect(new Webhook(secret).sign(id, new Date(Number(timestamp) * 1000), body)).toBe(signature);
});

it.runIf(has('openssl'))('the shell snippet computes it', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'reelay-docs-'));
  writeFileSync(path.join(folder, 'body.json'), body);
  const env = { ...process.env, WEBHOOK_SECRET: secret, WEBHOOK_ID: id, WEBHOOK_TIMESTAMP: timestamp };
  const out = execFileSync('sh', ['-c', snippet('sh', 'openssl')], { cwd: folder, env, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect(`v1,${out.trim()}`).toBe(signature);
});

it.runIf(has('python3'))('the Python snippet takes it, and nothing that was changed or is old', () => {
  const run = (given: string, tolerance: string) => {
    const call = `${snippet('python', 'def verify')}
import sys
print(verify(sys.argv[1], {"webhook-id": sys.argv[2], "webhook-timestamp": sys.argv[3], "webhook-signature": sys.argv[4]},
  sys.argv[5].encode(), ${tolerance}))`;
    const values = [secret, id, timestamp, `v1,other ${signature}`, given];
    return execFileSync('python3', ['-c', call, ...values], { encoding: 'utf8' }).trim();
  };
  expect(run(body, '10**10')).toBe('True');
  expect(run(`${body} `, '10**10')).toBe('False');
  expect(run(body, '-1')).toBe('False');
});

it('the table of types has each of them, and which are sent to those who name none', () => {
  const rows = guide.matchAll(/^\| ((?:`[a-z_]+\.[a-z_]+` ?)+)\| .+? \| (yes)? ?\|$/gm);
  const listed = [...rows].flatMap(([, names = '', byDefault]) =>
    (names.match(/[a-z_]+\.[a-z_]+/g) ?? []).map((name) => ({ name, byDefault: byDefault === 'yes' })),
  );
  expect(listed.map(({ name }) => name).sort()).toEqual([...PUBLIC_EVENTS].sort());
  expect(listed.flatMap(({ name, byDefault }) => (byDefault ? name : [])).sort()).toEqual([...DEFAULT_EVENTS].sort());
});
