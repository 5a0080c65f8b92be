import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/lib/db/database.ts';
import { type Cursor, claimDueMessages, type Room, START } from '../../src/lib/db/webhook-claims.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

const LEASE_MS = 60_000;
/** Room for everything that these tests make. */
const ROOM: Room = {
  most: 1_000,
  unproven: 1_000,
  lanes: new Map(),
  perLane: 2,
  tenants: new Map(),
  perTenant: 1_000,
};

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createDatabase();
  db = openDatabase(database.url, { poolSize: 1, onError: () => undefined });
});
beforeEach(() => database.sql('DELETE FROM webhook_message'));
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

/** So many due messages in each of these lanes. */
async function makeDue(lanes: readonly string[], count: number, tenant = 'one'): Promise<void> {
  await database.sql(
    `INSERT INTO webhook_message (id, tenant_id, event_id, url, lane_key, event_type)
     SELECT 'msg_' || $3 || lane || n, $3, 'evt_none', 'https://example.com', lane, 'job.succeeded'
     FROM unnest($1::text[]) AS lane, generate_series(1, $2::int) AS n`,
    [lanes, count, tenant],
  );
}

/** Claims, and says from which lanes. */
async function claim(room: Partial<Room>, from: Cursor) {
  const { messages, next } = await claimDueMessages(db.pool, { ...ROOM, ...room }, from, LEASE_MS);
  return { next, tenants: messages.map(({ tenant_id }) => tenant_id), lanes: messages.map(({ lane_key }) => lane_key) };
}

/** Names that sort otherwise in the database than in JavaScript. */
const namesOf = (count: number) =>
  Array.from({ length: count }, (_, n) => `${['b', 'B', 'a', 'A', '-', '~'][n % 6]}${n}`);
const quick = (lanes: readonly string[], free: number): Room['lanes'] =>
  new Map(lanes.map((lane) => [lane, { free, quick: true }]));

it('goes from lane to lane and leaves none out, however many are known and wherever it has to stop', async () => {
  const names = namesOf(90);
  await makeDue(names, 2);
  const known = quick([...names].reverse(), 1);
  const seen: string[] = [];
  let from = START;
  do {
    const { lanes, next } = await claim({ most: 25, lanes: known }, from);
    seen.push(...lanes);
    from = next;
  } while (from.lane !== '');
  expect(seen.sort()).toEqual([...names].sort());
});

it('a share that was used up goes on where it ended, while quick lanes go on from the first', async () => {
  const names = namesOf(30);
  await makeDue(names, 5);
  await makeDue(['0 quick', 'zz quick'], 5);
  const room = { unproven: 12, perLane: 1, lanes: quick(['0 quick', 'zz quick'], 1) };
  const seen: string[] = [];
  let from = START;
  for (const count of [12, 12, 6]) {
    const { lanes, next } = await claim(room, from);
    expect(lanes).toEqual(expect.arrayContaining(['0 quick', 'zz quick']));
    seen.push(...lanes.filter((lane) => !lane.endsWith('quick')));
    expect(lanes).toHaveLength(count + 2);
    expect(next.lane).toBe('');
    from = next;
    // Nothing is free meanwhile.
    const none = await claim({ ...room, lanes: quick(['0 quick', 'zz quick'], 0), unproven: 0 }, from);
    expect([none.lanes, none.next.unproven]).toEqual([[], from.unproven]);
  }
  expect(seen.sort()).toEqual([...names].sort());
  expect(from).toEqual(START);
});

it('a tenant with thousands of new lanes takes its own share, and others have theirs', async () => {
  await makeDue(
    Array.from({ length: 400 }, (_, n) => `https://a${n}.example`),
    2,
    'greedy',
  );
  await makeDue(['whe_1', 'whe_2'], 3, 'other');
  const { tenants, next } = await claim({ unproven: 50, perTenant: 20, tenants: new Map([['other', 3]]) }, START);
  const count = (tenant: string) => tenants.filter((id) => id === tenant).length;
  expect([count('greedy'), count('other'), next]).toEqual([20, 3, START]);
  const later = await claim({ tenants: new Map([['greedy', 0]]) }, next);
  expect(later.tenants).toEqual(['other', 'other', 'other']);
});

it('a lane that is known and not quick has its own room, within the share', async () => {
  await makeDue(['hangs', 'new', 'slow'], 5);
  const lanes: Room['lanes'] = new Map([
    ['hangs', { free: 0, quick: false }],
    ['slow', { free: 4, quick: false }],
  ]);
  expect((await claim({ lanes, unproven: 5 }, START)).lanes.sort()).toEqual(['new', 'new', 'slow', 'slow', 'slow']);
});
