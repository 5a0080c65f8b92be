import fc from 'fast-check';
import { expect, it } from 'vitest';
import { JsonRows } from '../../../src/lib/db/json-rows.ts';

const lists = fc.array(fc.array(fc.json(), { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 });

it('one list after the other is the JSON list of its rows', () => {
  const rows = new JsonRows();
  fc.assert(
    fc.property(lists, (all) => {
      for (const list of all) {
        rows.clear();
        for (const row of list) rows.add(row);
        expect(rows.list().toString()).toBe(`[${list.join(',')}]`);
      }
    }),
  );
});

it('grows for rows of any size, and counts their bytes, not their letters', () => {
  const rows = new JsonRows();
  const list = [1, 65_533, 65_534, 300_000].map((letters) => JSON.stringify('狐'.repeat(letters)));
  for (const row of list) rows.add(row);
  expect(rows.list().toString()).toBe(`[${list.join(',')}]`);
});
