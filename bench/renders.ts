import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type Child, startChild } from './support/child.ts';
import { type Figure, median, report } from './support/report.ts';
import { takeTurns, Void } from './support/rounds.ts';
import { type Backend, backends, type Service, startService } from './support/service.ts';
import { SHORT } from './support/settings.ts';
import { until } from './support/wait.ts';
import { wipeQueues } from './support/wipe-queues.ts';

/** Renders that are waited for, and how often each is looked at. `saturated`: more looks than anybody can take. */
type Load = { backend: Backend; renders: number; everyMs: number; saturated: boolean; rounds: number };
const LOADS: readonly Load[] = SHORT
  ? [{ backend: 'postgres', renders: 40, everyMs: 1_000, saturated: false, rounds: 1 }]
  : [
      { backend: 'redis', renders: 30_000, everyMs: 30_000, saturated: false, rounds: 1 },
      { backend: 'redis', renders: 20_000, everyMs: 2_000, saturated: true, rounds: 2 },
      // The same, where the queue is in Postgres: a bare worker takes some 2,000 a second there.
      { backend: 'postgres', renders: 10_000, everyMs: 30_000, saturated: false, rounds: 1 },
      { backend: 'postgres', renders: 20_000, everyMs: 2_000, saturated: true, rounds: 2 },
    ];
const SLOTS = 100;
/** Looks before the watch, and the watch itself: a second look at everything at the least. */
const SETTLE_MS = SHORT ? 1_000 : 5_000;
const WATCHED_MS = SHORT ? 3_000 : 20_000;
/** The aim for looks that nothing else holds up; and what no machine excuses. In ms. */
const LATE_MS = 500;
const FAR_TOO_LATE_MS = 5_000;

const BARE = fileURLToPath(new URL('./support/bare-renders.js', import.meta.url));

type Watched = { perSecond: number; p99Ms: number };

/** Looks a second, and how much longer than wanted it took from one to the next. */
async function watch(teller: Child, { renders, everyMs, saturated }: Load): Promise<Watched> {
  await pause(SETTLE_MS);
  await teller.ask('watchRenders', { everyMs });
  const watchedMs = saturated ? WATCHED_MS : everyMs + WATCHED_MS;
  const began = performance.now();
  await pause(watchedMs);
  const { looked, lateness } = await teller.ask<{ looked: number; lateness: number[] }>('looks');
  const seconds = (performance.now() - began) / 1_000;
  // Each that is not saturated is looked at as often as it should be, or it was lost.
  if (!saturated && looked < renders) throw new Void(`${looked} looks at ${renders} renders`);
  return { perSecond: looked / seconds, p99Ms: percentileOf(lateness, 99) };
}

/** The smallest ms that so many % are not above; `counts`: how many have 0 ms, 1 ms, … */
function percentileOf(counts: readonly number[], percent: number): number {
  const wanted = (counts.reduce((sum, count) => sum + count, 0) * percent) / 100;
  let sum = 0;
  return counts.findIndex((count) => {
    sum += count;
    return sum >= wanted;
  });
}

async function bare(service: Service, load: Load): Promise<Watched> {
  const { postgres, redis } = service;
  const env = { DATABASE_URL: postgres.url, ...(redis ? { REDIS_URL: redis.url } : {}), SLOTS: String(SLOTS) };
  const child = await startChild(BARE, [], env);
  try {
    await child.ask('start', { count: load.renders, interval: load.everyMs });
    return await watch(child, load);
  } finally {
    await child.stop();
    await wipeQueues(service);
  }
}

async function ours(service: Service, load: Load): Promise<Watched> {
  await cloneWaiting(service, load);
  const worker = await service.startWorker({
    WAIT_CONCURRENCY: String(SLOTS),
    RENDER_POLL_INTERVAL: `${load.everyMs}ms`,
    RENDER_TIMEOUT: '1d',
  });
  try {
    await until('all in the queue', async () => (await service.count('dispatched_at IS NULL')) === 0, 120_000);
    // Renders wait for minutes: the statistics of a database in use know that.
    await service.postgres.sql('ANALYZE job');
    const watched = await watch(service.upstream, load);
    const waiting = await service.count(`status = 'waiting' AND phase = 'render' AND failures = 0`);
    if (waiting !== load.renders + 1) throw new Void(`${waiting} of ${load.renders} still wait`);
    return watched;
  } finally {
    await worker.stop();
    await wipeQueues(service);
  }
}

/** Has the product itself bring one export to where it waits for its render. */
async function makeOriginal(service: Service): Promise<void> {
  await service.upstream.ask('finish', { finishing: true });
  const worker = await service.startWorker({ RENDER_POLL_INTERVAL: '1d', RENDER_TIMEOUT: '1d' });
  await service.submit({ type: 'generate', prompt: 'original', export: true, metadata: { is: 'original' } });
  await until(
    'a submitted render',
    async () => (await service.count(`status = 'waiting' AND phase = 'render' AND dispatched_at IS NOT NULL`)) === 1,
    60_000,
  );
  await worker.stop();
}

/** As many copies of it as are wanted, with sessions and renders of their own; due at any time within the interval. */
async function cloneWaiting(service: Service, { renders, everyMs }: Load): Promise<void> {
  const { sql } = service.postgres;
  for (const table of ['render', 'session', 'job'])
    await sql(`DELETE FROM ${table} WHERE ${table === 'render' ? 'job_id' : 'id'} LIKE '%_copy_%'`);
  const copies = `CROSS JOIN generate_series(1, $1::int) AS n CROSS JOIN LATERAL jsonb_populate_record`;
  const original = `job.metadata->>'is' = 'original' AND job.id NOT LIKE '%_copy_%'`;
  await sql(
    `INSERT INTO session SELECT copy.* FROM session JOIN job ON job.session_id = session.id ${copies}(session,
       jsonb_build_object('id', 'ses_copy_' || n, 'opened_by', 'job_copy_' || n, 'holder_job_id', 'job_copy_' || n)
     ) AS copy WHERE ${original}`,
    [renders],
  );
  await sql(
    `INSERT INTO job SELECT copy.* FROM job ${copies}(job,
       jsonb_build_object('id', 'job_copy_' || n, 'session_id', 'ses_copy_' || n, 'dispatched_at', NULL,
         'due_at', now() + n * $2::float8 / $1 * interval '1 ms')
     ) AS copy WHERE ${original}`,
    [renders, everyMs],
  );
  await sql(
    `INSERT INTO render SELECT copy.* FROM render JOIN job ON job.id = render.job_id ${copies}(render,
       jsonb_build_object('id', 'render_copy_' || n, 'job_id', 'job_copy_' || n)) AS copy WHERE ${original}`,
    [renders],
  );
  await sql('VACUUM ANALYZE job, session, render');
}

it('renders', { timeout: 60 * 60_000 }, async () => {
  const figures: Figure[] = [];
  for (const backend of backends()) {
    const loads = LOADS.filter((load) => load.backend === backend);
    if (loads.length === 0) continue;
    const service = await startService(backend, { turnMs: 0 });
    try {
      await makeOriginal(service);
      for (const load of loads) {
        const sides = { bare: () => bare(service, load), ours: () => ours(service, load) };
        const taken = await takeTurns(load.rounds, sides, { warmsUp: false });
        const what = `${load.renders} renders every ${load.everyMs / 1_000} s, ${backend}`;
        const of = (figure: keyof Watched, side: 'bare' | 'ours') => taken.map((round) => round[side][figure]);
        figures.push(
          { name: `${what}: looks, bare`, unit: '/s', rounds: of('perSecond', 'bare') },
          { name: `${what}: looks`, unit: '/s', rounds: of('perSecond', 'ours') },
        );
        if (load.saturated) {
          const ratio = taken.map((round) => round.ours.perSecond / round.bare.perSecond);
          figures.push({ name: `${what}: ratio`, unit: '×', rounds: ratio, aim: '≥ 0.5' });
        } else {
          figures.push(
            { name: `${what}: p99 late, bare`, unit: 'ms', rounds: of('p99Ms', 'bare') },
            { name: `${what}: p99 late`, unit: 'ms', rounds: of('p99Ms', 'ours'), aim: `≤ ${LATE_MS}` },
          );
        }
      }
    } finally {
      await service.stop();
    }
  }
  await report('renders', { SLOTS, WATCHED_MS, fsync: true }, figures);
  if (SHORT) return;
  for (const { name, rounds } of figures)
    if (name.endsWith('p99 late')) expect(median(rounds), name).toBeLessThan(FAR_TOO_LATE_MS);
});
