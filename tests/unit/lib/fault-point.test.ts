import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { FAULT_POINTS } from '../../../src/lib/fault-point.ts';

it('every fault point is passed in exactly one place', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const passed = files.flatMap((file) =>
    [...readFileSync(path.join('src', file), 'utf8').matchAll(/\bfaultPoint\('([a-z.]+)'\)/g)].map(([, name]) => name),
  );
  expect(passed.toSorted()).toEqual(FAULT_POINTS.toSorted());
});
