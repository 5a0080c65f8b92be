import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { SHORT_LIVED } from '../support/program.ts';

it.each([
  ['production', 'TEST_FAULT_POINT', 'kill:turn.sending:1'],
  ['', 'TEST_CLOCK_OFFSET_MS', '3600000'],
])('with NODE_ENV=%s nothing starts that finds %s', (mode, name, value) => {
  const env = { PATH: process.env.PATH, NODE_ENV: mode, DATABASE_URL: 'postgresql://127.0.0.1:1/x', [name]: value };
  const { status, stderr } = spawnSync(process.execPath, [...SHORT_LIVED, 'dist/main.js', 'worker'], {
    env,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 1, stderr: `${name}: only for tests (NODE_ENV=test)\n` });
});

it('a fault point that does not exist is not armed in silence', () => {
  const env = { PATH: process.env.PATH, NODE_ENV: 'test', TEST_FAULT_POINT: 'kill:nowhere:1' };
  const { status, stderr } = spawnSync(process.execPath, [...SHORT_LIVED, 'dist/main.js', 'worker'], {
    env,
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toContain('no fault point: kill:nowhere:1');
});
