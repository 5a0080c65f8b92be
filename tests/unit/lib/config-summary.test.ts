import { expect, it } from 'vitest';
import { configSummary } from '../../../src/lib/config-summary.ts';

it('has what is set, the defaults of the rest, and nothing for what is neither', () => {
  const summary = configSummary({ PORT: '8080', METRICS_PORT: '', HOME: '/home/nobody' });
  expect(summary).toMatchObject({
    PORT: '8080',
    HOST: '0.0.0.0',
    SSE_IDLE_TIMEOUT: '10m',
    WEBHOOK_ALLOW_HTTP: 'false',
  });
  for (const name of ['METRICS_PORT', 'REDIS_URL', 'HOME']) expect(summary).not.toHaveProperty(name);
});

it.each([
  'ENCRYPTION_KEY',
  'ENCRYPTION_KEYS_OTHER',
  'ADMIN_TOKEN',
  'BOOTSTRAP_API_KEY',
  'NEMO_TOKEN',
  'REDIS_SENTINEL_PASSWORD',
])('masks %s', (name) => {
  expect(configSummary({ [name]: 'confidential' })[name]).toBe('[secret]');
});

it.each([
  [
    'postgresql://reelay:confidential@db:5432/reelay?sslmode=require',
    'postgresql://reelay:***@db:5432/reelay?sslmode=require',
  ],
  ['postgresql://reelay:confidential@here@db-1,db-2/reelay', 'postgresql://reelay:***@db-1,db-2/reelay'],
  ['postgresql://reelay:confi/den?tial@db/reelay', 'postgresql://reelay:***@db/reelay'],
  ['rediss://:confidential@cache:6380/1', 'rediss://:***@cache:6380/1'],
  ['https://confidential@collector/v1', 'https://***@collector/v1'],
  ['postgresql://db/reelay?user=reelay&password=confidential', 'postgresql://db/reelay?user=reelay&password=***'],
  ['https://collector/v1?api_key=confidential&team=1', 'https://collector/v1?api_key=***&team=1'],
  ['postgresql://db/reelay', 'postgresql://db/reelay'],
])('shows of %s only %s', (url, shown) => {
  expect(configSummary({ DATABASE_URL: url }).DATABASE_URL).toBe(shown);
});
