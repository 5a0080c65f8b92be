import { expect, it } from 'vitest';
import type { DueMessage } from '../../../src/lib/db/webhook-claims.ts';
import { createLanes, MAX_WINDOW, type Reception } from '../../../src/workers/webhooks/webhook-lanes.ts';

const OK: Reception = { ok: true, statusCode: 204, durationMs: 5 };
const REFUSED: Reception = { ok: false, statusCode: 503, durationMs: 5 };
const SLOW: Reception = { ok: true, statusCode: 200, durationMs: 9_000 };
const SILENT: Reception = { ok: false, statusCode: null, durationMs: 15_000 };

/** Lanes whose POSTs end when the test says so. */
function lanesUnderTest() {
  const underWay: { message: DueMessage; end(reception: Reception): void }[] = [];
  const back: string[] = [];
  const told: string[] = [];
  const lanes = createLanes({
    hasRoom: () => void told.push('room'),
    send: (message) => new Promise((end) => underWay.push({ message, end })),
    giveBack: (messages) => void back.push(...messages.map(({ id }) => id)),
  });
  let number = 0;
  return {
    lanes,
    back,
    told,
    underWay,
    add(lane: string, count: number, tenant = 'one') {
      for (let i = 0; i < count; i += 1)
        lanes.add({ id: `${++number}`, lane_key: lane, tenant_id: tenant } as DueMessage);
    },
    /** Ends what is under way to a lane, or so many of it. */
    async end(lane: string, reception: Reception, count = Number.POSITIVE_INFINITY) {
      const ending = underWay.filter(({ message }) => message.lane_key === lane).slice(0, count);
      for (const post of ending) underWay.splice(underWay.indexOf(post), 1);
      for (const post of ending) post.end(reception);
      await new Promise(setImmediate);
    },
    sent: (lane: string) => underWay.filter(({ message }) => message.lane_key === lane).length,
    free: (lane: string) => lanes.room().lanes.get(lane)?.free,
  };
}

it('a new lane gets a few at once; what it takes quickly earns it more, up to a limit', async () => {
  const { lanes, add, end, sent, free } = lanesUnderTest();
  add('a', lanes.room().perLane);
  const first = sent('a');
  expect(first).toBe(lanes.room().perLane);
  let most = 0;
  for (let round = 0; round < 60; round += 1) {
    await end('a', OK);
    add('a', free('a') ?? 0);
    most = Math.max(most, sent('a'));
  }
  expect(most).toBe(MAX_WINDOW);
});

it('a lane has room again when half of its own is gone, and says so', async () => {
  const { lanes, add, end, told, free } = lanesUnderTest();
  add('a', lanes.room().perLane);
  await end('a', OK);
  expect([told.length > 0, lanes.hungry()]).toEqual([true, true]);
  add('a', free('a') ?? 0);
  for (let round = 0; round < 5; round += 1) await end('a', OK);
  const room = free('a') ?? 0;
  add('a', room);
  told.length = 0;
  let ended = 0;
  for (; told.length === 0; ended += 1) {
    expect([lanes.hungry(), free('a')]).toEqual([false, 0]);
    await end('a', OK, 1);
  }
  // Not at once, although its window grows with each that it takes.
  expect(ended).toBeGreaterThan(8);
  expect(ended).toBeLessThan(room);
});

it('a lane that was given less than it might have had has nothing more due, and does not ask', async () => {
  const { lanes, add, end, told } = lanesUnderTest();
  add('a', lanes.room().perLane - 1);
  await end('a', OK);
  expect([told, lanes.hungry()]).toEqual([[], false]);
});

it('but it asks where others took all the room there was', async () => {
  const { lanes, add, end, told } = lanesUnderTest();
  const { most } = lanes.room();
  for (let n = 1; n < most; n += 1) add(`other ${n}`, 1);
  add('a', 1);
  await end('a', OK);
  expect([told, lanes.hungry()]).toEqual([['room'], true]);
});

it.each([
  ['slow', SLOW],
  ['refusing', REFUSED],
])('a lane that is %s loses what it had earned', async (_, reception) => {
  const { add, end, sent, free } = lanesUnderTest();
  add('a', 4);
  for (let round = 0; round < 10; round += 1) {
    await end('a', OK);
    add('a', free('a') ?? 0);
  }
  expect(sent('a')).toBeGreaterThan(4);
  await end('a', reception);
  for (let round = 0; round < 30 && sent('a') > 0; round += 1) await end('a', reception);
  expect(free('a')).toBe(4);
});

it('many quick lanes earn no more: together they keep the process busy', async () => {
  const { lanes, add, end, sent, free } = lanesUnderTest();
  const quick = Array.from({ length: 60 }, (_, index) => `quick ${index}`);
  const first = lanes.room().perLane;
  for (const lane of quick) add(lane, first);
  for (let round = 0; round < 10; round += 1) {
    for (const lane of quick) {
      await end(lane, OK);
      add(lane, Math.min(10, free(lane) ?? 0));
    }
  }
  expect(Math.max(...quick.map(sent))).toBe(first);
  // When the others have nothing more, the one that is left earns it.
  for (const lane of quick.slice(1)) while (sent(lane) > 0) await end(lane, OK);
  for (let round = 0; round < 60; round += 1) {
    await end('quick 0', OK);
    add('quick 0', Math.min(20, free('quick 0') ?? 0));
  }
  expect(sent('quick 0')).toBeGreaterThan(10);
});

it('lanes that hang or are slow do not keep a quick one from earning', async () => {
  const { lanes, add, end, sent, free } = lanesUnderTest();
  for (let n = 0; n < 150; n += 1) add(`hangs ${n}`, 1);
  for (let n = 0; n < 60; n += 1) {
    add(`slow ${n}`, 1);
    await end(`slow ${n}`, SLOW);
    add(`slow ${n}`, 4);
  }
  add('a', lanes.room().perLane);
  for (let round = 0; round < 10; round += 1) {
    await end('a', OK);
    add('a', Math.min(20, free('a') ?? 0));
  }
  expect(sent('a')).toBeGreaterThan(4);
});

it('a lane that does not answer gets one at a time, and what waited for it is given back', async () => {
  const { add, end, sent, free, back } = lanesUnderTest();
  add('a', 4);
  for (let round = 0; round < 3; round += 1) {
    await end('a', OK);
    add('a', free('a') ?? 0);
  }
  const held = sent('a');
  expect(back).toEqual([]);
  await end('a', SILENT);
  expect(back.length).toBeGreaterThan(held);
  expect([sent('a'), free('a')]).toEqual([0, 1]);
  add('a', 1);
  expect([sent('a'), free('a')]).toEqual([1, 0]);
  await end('a', OK);
  expect(free('a')).toBeGreaterThan(1);
});

it.each([
  ['hang', SILENT],
  ['are slow', SLOW],
  ['are new', null],
])('lanes that %s never take more than half, however many tenants they have', async (_, reception) => {
  const { lanes, add, end, free } = lanesUnderTest();
  add('quick', 1, 'quick');
  await end('quick', OK);
  for (let tenant = 0; tenant < 20 && lanes.room().unproven > 0; tenant += 1) {
    for (let n = 0; n < 150 && (lanes.room().tenants.get(`${tenant}`) ?? 1) > 0; n += 1) {
      const lane = `${tenant} ${n}`;
      if (reception !== null) {
        add(lane, 1, `${tenant}`);
        await end(lane, reception);
      }
      add(lane, 1, `${tenant}`);
    }
  }
  expect(lanes.room()).toMatchObject({ most: 500, unproven: 0 });
  expect(free('quick')).toBeGreaterThan(0);
});

it('nor more than a fifth of that for one tenant', async () => {
  const { lanes, add, end } = lanesUnderTest();
  const { perTenant, unproven } = lanes.room();
  expect([perTenant, unproven]).toEqual([100, 500]);
  for (let n = 0; n < perTenant - 1; n += 1) add(`hangs ${n}`, 1);
  expect(lanes.room()).toMatchObject({ unproven: 401, tenants: new Map([['one', 1]]) });
  await end('hangs 0', SILENT);
  add('hangs 0', 1);
  add('new', 1);
  expect(lanes.room()).toMatchObject({ unproven: 400, tenants: new Map([['one', 0]]) });
  await end('new', OK);
  expect(lanes.room()).toMatchObject({ unproven: 401, tenants: new Map([['one', 1]]) });
});

it('a lane that became slow gives back what waits, and does not keep places from others', async () => {
  const { lanes, add, end, free, back, sent } = lanesUnderTest();
  add('a', 2);
  for (let round = 0; round < 20; round += 1) {
    await end('a', OK);
    add('a', free('a') ?? 0);
  }
  await end('a', SLOW, 1);
  expect(back.length).toBeGreaterThan(0);
  expect(lanes.room().unproven).toBe(500 - sent('a'));
});

it('a lane asks for more when the places of its tenant were used up', async () => {
  const { lanes, add, end, told } = lanesUnderTest();
  const { perTenant } = lanes.room();
  for (let n = 0; n < perTenant; n += 1) add(`new ${n}`, 1);
  await end('new 0', OK);
  expect([told, lanes.hungry()]).toEqual([['room'], true]);
});

it('many that hang do not make us forget who is quick, nor the other way round', async () => {
  const { lanes, add, end } = lanesUnderTest();
  for (const [kind, reception] of [
    ['quick', OK],
    ['hangs', SILENT],
    ['also quick', OK],
  ] as const) {
    for (let n = 0; n < 700; n += 1) {
      add(`${kind} ${n}`, 1);
      await end(`${kind} ${n}`, reception);
    }
  }
  const known = [...lanes.room().lanes];
  expect(known.filter(([, { quick }]) => quick)).toHaveLength(500);
  expect(known.filter(([, { quick }]) => !quick)).toHaveLength(500);
});

it('stops: what waits is given back, what is under way is waited for', async () => {
  const { lanes, add, end, free, back, sent } = lanesUnderTest();
  add('a', 4);
  for (let round = 0; round < 3; round += 1) {
    await end('a', OK);
    add('a', free('a') ?? 0);
  }
  let stopped = false;
  const stopping = lanes.stop().then(() => {
    stopped = true;
  });
  expect(back.length).toBeGreaterThan(0);
  expect(stopped).toBe(false);
  await end('a', OK);
  await stopping;
  expect(sent('a')).toBe(0);
});
