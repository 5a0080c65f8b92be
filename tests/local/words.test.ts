import { EventEmitter } from 'node:events';
import { expect, it, vi } from 'vitest';
import { faultIn, lastWords } from '../../src/local/last-words.ts';
import { clientAddress, readyText } from '../../src/local/ready-text.ts';
import { maskPasswords, sentenceOf } from '../../src/local/start-fault.ts';
import { onStopSignals } from '../../src/local/stop-signals.ts';

it.each([
  ['', null],
  ['\n\n', null],
  ['{"level":"info","msg":"up"}\nThe queue is not reachable.\n', 'The queue is not reachable.'],
  ['{"level":"fatal","msg":"ended","err":{"message":"no disk"}}\n', 'ended: no disk'],
  ['{"level":"fatal"}\n', '{"level":"fatal"}'],
  ['{not json\n', '{not json'],
  ["x.js:1\nthrow 1\n^\n\nError: boom\n    at a (x.js:1:2) {\n  code: 'E'\n}\n\nNode.js v20.20.2\n", 'Error: boom'],
])('reads the last words out of %j', (log, words) => {
  expect(lastWords(log)).toBe(words);
});

it('finds the last fault of a log with its detail', () => {
  const log = [
    '2026-01-01 00:00:00.000 UTC [1] FATAL:  an older one',
    '2026-01-01 00:00:00.000 UTC [1] FATAL:  database files are incompatible with server',
    '2026-01-01 00:00:00.000 UTC [1] DETAIL:  The data directory was initialized by PostgreSQL version 15.',
    '',
  ].join('\n');
  expect(faultIn(log)).toBe(
    'database files are incompatible with server; The data directory was initialized by PostgreSQL version 15.',
  );
  expect(faultIn('LOG:  all is well\n')).toBeNull();
});

it('hides passwords and makes one line of any fault', () => {
  expect(maskPasswords('postgresql://me:p@ss:w@host:1/db?password=x&a=b')).toBe(
    'postgresql://me:***@host:1/db?password=***&a=b',
  );
  expect(maskPasswords('http://127.0.0.1:3000/a@b')).toBe('http://127.0.0.1:3000/a@b');
  expect(sentenceOf(new Error('PORT is bad\nHOST is bad\n'))).toBe('PORT is bad; HOST is bad');
  expect(sentenceOf('plain')).toBe('plain');
});

it('gives an address that a client can use', () => {
  expect(clientAddress('http://0.0.0.0:3000')).toBe('http://127.0.0.1:3000');
  expect(clientAddress('http://[::]:3000/')).toBe('http://127.0.0.1:3000');
  expect(clientAddress('http://10.0.0.7:3000')).toBe('http://10.0.0.7:3000');
});

it('quotes a key for the shell', () => {
  const facts = { address: 'http://a', upstream: { url: 'http://u', isSandbox: false }, database: 'd', dataDir: 'd' };
  const text = readyText({ ...facts, apiKey: "it's", logDir: 'l', seconds: 1.26 });
  expect(text).toContain(String.raw`-H 'Authorization: Bearer it'\''s'`);
  expect(text).toContain('Ready in 1.3 s.');
});

it('takes the two deliveries of one Ctrl-C as one wish', () => {
  const source = new EventEmitter();
  const handlers = { first: vi.fn(), again: vi.fn() };
  let now = 1000;
  onStopSignals(source, handlers, () => now);
  source.emit('SIGINT');
  now += 499;
  source.emit('SIGINT');
  expect(handlers.first).toHaveBeenCalledOnce();
  expect(handlers.again).not.toHaveBeenCalled();
  now += 1;
  source.emit('SIGTERM');
  expect(handlers.first).toHaveBeenCalledOnce();
  expect(handlers.again).toHaveBeenCalledOnce();
});
