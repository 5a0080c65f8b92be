import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { webhookHeaders } from '../../../src/lib/webhooks/sign.ts';

const guide = readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8');

const cell = (name: string) => {
  const match = guide.match(new RegExp(`^\\| ${name.replace(/[()]/g, '\\$&')} \\| \`(.+)\` \\|$`, 'm'));
  if (!match?.[1]) throw new Error(`docs/webhooks.md has no row "${name}"`);
  return match[1];
};
const snippet = (language: string) => {
  const match = guide.match(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``));
  if (!match?.[1]) throw new Error(`docs/webhooks.md has no ${language}`);
  return match[1];
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

it('the official library signs it alike', () => {
  expect(new Webhook(secret).sign(id, new Date(Number(timestamp) * 1000), body)).toBe(signature);
});

it.runIf(has('openssl'))('the shell snippet computes it', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'reelay-docs-'));
  writeFileSync(path.join(folder, 'body.json'), body);
  const env = { ...process.env, WEBHOOK_SECRET: secret, WEBHOOK_ID: id, WEBHOOK_TIMESTAMP: timestamp };
  const out = execFileSync('sh', ['-c', snippet('sh')], { cwd: folder, env, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect(`v1,${out.trim()}`).toBe(signature);
});

it.runIf(has('python3'))('the Python snippet takes it, and nothing that was changed or is old', () => {
  const run = (given: string, tolerance: string) => {
    const call = `${snippet('python')}
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
