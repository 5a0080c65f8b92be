import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const SOME_LINES = `
  log.debug('detail'); log.info({ token: 'x', a: { secret: 'y', b: { key: 'z' } } }, 'news'); log.warn('trouble');`;

/** What a process with this LOG_LEVEL writes: pino writes to the file descriptor, past what a test could catch. */
function written(level: string, lines = SOME_LINES): Record<string, unknown>[] {
  const script = `
    import { createLogger } from './dist/lib/logger.js';
    const log = createLogger('${level}', 'api');
    ${lines}`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const said = (lines: string) => written('info', lines).map(({ msg }) => msg);

it('writes what is at least as important as the level, one JSON line each', () => {
  expect(written('debug').map(({ msg }) => msg)).toEqual(['detail', 'news', 'trouble']);
  expect(written('warn')).toMatchObject([{ level: 'warn', role: 'api', msg: 'trouble', time: expect.any(String) }]);
  expect(written('silent')).toEqual([]);
});

it('strikes out what may be a secret', () => {
  const [news] = written('info');
  expect(news).toMatchObject({ token: '[secret]', a: { secret: '[secret]', b: { key: '[secret]' } } });
});

it('loses nothing of a process that ends, however it ends', () => {
  expect(said(`log.info('one'); process.exit(1)`)).toEqual(['one']);
  expect(said(`log.info('one'); throw new Error('nobody catches it')`)).toEqual(['one']);
  expect(said(`log.info('one'); createLogger('info', 'worker').info('two'); log.info('three')`)).toEqual([
    'one',
    'two',
    'three',
  ]);
});

it('has written an error, and what came before it, when it returns', () => {
  const killed = `process.kill(process.pid, 'SIGKILL')`;
  expect(said(`log.info('one'); log.error('two'); ${killed}`)).toEqual(['one', 'two']);
  expect(said(`log.info('one'); setImmediate(() => setImmediate(() => { log.info('last'); ${killed}; }))`)).toEqual([
    'one',
  ]);
});
