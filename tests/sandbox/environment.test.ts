import { expect, it } from 'vitest';
import { readEnvironment } from '../../src/sandbox/environment.ts';

it('has defaults, also for what is set to nothing', () => {
  expect(readEnvironment({ SANDBOX_PORT: '', PATH: '/bin' })).toEqual({
    SANDBOX_PORT: 4010,
    SANDBOX_HOST: '127.0.0.1',
    SANDBOX_SPEED: 1,
    SANDBOX_CREDITS: 100,
    SANDBOX_DIALECT: 'adk',
    SANDBOX_STREAMING: false,
  });
});

it('reads what is given', () => {
  const env = { SANDBOX_PORT: '0', SANDBOX_SPEED: '0.5', SANDBOX_DIALECT: 'typed', SANDBOX_STREAMING: 'true' };
  expect(readEnvironment(env)).toMatchObject({
    SANDBOX_PORT: 0,
    SANDBOX_SPEED: 0.5,
    SANDBOX_DIALECT: 'typed',
    SANDBOX_STREAMING: true,
  });
});

it.each([
  ['SANDBOX_PORT', '70000', 'a port'],
  ['SANDBOX_PORT', 'http', 'a port'],
  ['SANDBOX_SPEED', '0', 'a number above 0'],
  ['SANDBOX_SPEED', 'fast', 'a number above 0'],
  ['SANDBOX_CREDITS', '1.5', 'a whole number'],
  ['SANDBOX_DIALECT', 'python', 'adk or typed'],
  ['SANDBOX_STREAMING', 'maybe', 'true or false'],
])('says what is wrong with %s=%s', (name, value, what) => {
  expect(() => readEnvironment({ [name]: value })).toThrow(`${name} has to be ${what}, not "${value}".`);
});
