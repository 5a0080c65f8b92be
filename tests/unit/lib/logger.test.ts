import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** What a process with this LOG_LEVEL writes: pino writes to the file descriptor, past what a test could catch. */
function written(level: string): Record<string, unknown>[] {
  const script = `
    import { createLogger } from './dist/lib/logger.js';
    const log = createLogger('${level}', 'api');
    log.debug('detail'); log.info({ token: 'x', a: { secret: 'y', b: { key: 'z' } } }, 'news'); log.warn('trouble');`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

it('writes what is at least as important as the level, one JSON line each', () => {
  expect(written('debug').map(({ msg }) => msg)).toEqual(['detail', 'news', 'trouble']);
  expect(written('warn')).toMatchObject([{ level: 'warn', role: 'api', msg: 'trouble', time: expect.any(String) }]);
  expect(written('silent')).toEqual([]);
});

it('strikes out what may be a secret', () => {
  const [news] = written('info');
  expect(news).toMatchObject({ token: '[secret]', a: { secret: '[secret]', b: { key: '[secret]' } } });
});
