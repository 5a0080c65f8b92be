import { expect, it } from 'vitest';
import { openDatabase } from '../../../src/lib/db/database.ts';
import { isUnreachable } from '../../../src/lib/db/unreachable.ts';

const coded = (code: string) => Object.assign(new Error('said by the driver'), { code });

it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', '08006', '53300', '57P01', '57P03', 'P1001', 'P1017'])(
  '%s is a database that cannot be reached',
  (code) => expect(isUnreachable(coded(code))).toBe(true),
);

it.each(['23505', '42601', '57014', 'P2002', 'P2025'])('%s is an error of the statement', (code) =>
  expect(isUnreachable(coded(code))).toBe(false),
);

it('a pool without a free connection, and a connection that was cut or is silent, say so in words', () => {
  expect(isUnreachable(new Error('timeout exceeded when trying to connect'))).toBe(true);
  expect(isUnreachable(new Error('Connection terminated unexpectedly'))).toBe(true);
  expect(isUnreachable(new Error('Query read timeout'))).toBe(true);
  expect(isUnreachable(new Error('something else'))).toBe(false);
  expect(isUnreachable('not an error')).toBe(false);
});

it('as it is said by both ways to the database', async () => {
  const db = openDatabase('postgresql://nobody@127.0.0.1:1/nothing', { poolSize: 1, onError: () => undefined });
  const errors = await Promise.all([
    db.pool.query('SELECT 1').catch((error) => error),
    db.prisma.job.findFirst().catch((error) => error),
  ]);
  await db.close();
  expect(errors.map(isUnreachable)).toEqual([true, true]);
});
