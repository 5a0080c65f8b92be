import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type Child, startChild } from './support/child.ts';
import { type Figure, median, report } from './support/report.ts';
import { takeTurns, Void } from './support/rounds.ts';
import { type Backend, backends, type Service, startService } from './support/service.ts';
import { SHORT } from './support/settings.ts';
import { until } from './support/wait.ts';

/** Conversations that one worker holds at once, on which backend, and how often that is measured. */
const SIZES: readonly { open: number; backend: Backend; rounds: number }[] = SHORT
  ? [{ open: 20, backend: 'postgres', rounds: 1 }]
  : [
      { open: 1_000, backend: 'redis', rounds: 2 },
      { open: 1_000, backend: 'postgres', rounds: 2 },
      { open: 5_000, backend: 'redis', rounds: 2 },
      { open: 5_000, backend: 'postgres', rounds: 1 },
      { open: 10_000, backend: 'redis', rounds: 3 },
    ];
/** They are all open for so long, with an event a second each, while it is measured what that costs. In ms. */
const WATCHED_MS = SHORT ? 1_000 : 20_000;
/** The process without any is watched for so long. In ms. */
const IDLE_MS = SHORT ? 200 : 5_000;
/** What the warm-up leaves behind (compiling, closing) is no part of that: 160 ms of CPU in the first second. In ms. */
const REST_MS = SHORT ? 0 : 2_000;
/** After a collection V8 gives pages back in the background; read at once, memory is off by 50 MB either way. In ms. */
const SETTLING_MS = SHORT ? 0 : 1_000;
/** Conversations before, so that code and pools are warm. */
const WARM_UP = SHORT ? 2 : 100;
const OPEN_TIMEOUT_MS = 8 * 60_000;
/** Sockets of the upstream and of the worker, and what else they have open. */
const SPARE_FILES = 1_000;

const BARE = fileURLToPath(new URL('./support/bare-conversations.js', import.meta.url));

/** What a conversation costs the process that listens: memory, and CPU a second (an event), both over the idle process. */
type Cost = { kib: number; us: number; loopP99Ms: number; loopMaxMs: number };

/** What a process uses: memory after a collection of its garbage, and µs of CPU a second. */
type Use = { rss: number; us: number };

async function watch(child: Child, forMs: number): Promise<Use> {
  await child.ask('begin');
  await pause(forMs);
  const { cpuMs, ms } = await child.ask<{ cpuMs: number; ms: number }>('cost');
  await child.ask('memory');
  await pause(SETTLING_MS);
  const { rss } = await child.ask<{ rss: number }>('memory');
  return { rss, us: (cpuMs * 1_000) / (ms / 1_000) };
}

/** What the process uses without any, once it has come to rest. */
async function watchIdle(child: Child): Promise<Use> {
  await pause(REST_MS);
  return watch(child, IDLE_MS);
}

/** What `open` conversations cost on top of the idle process, and how late its event loop is with them. */
async function watchOpen(child: Child, open: number, idle: Use): Promise<Cost> {
  const busy = await watch(child, WATCHED_MS);
  const late = await child.ask<Pick<Cost, 'loopP99Ms' | 'loopMaxMs'>>('lateness', { forMs: WATCHED_MS });
  return { kib: (busy.rss - idle.rss) / 1024 / open, us: (busy.us - idle.us) / open, ...late };
}

/** Lets all turns end, and voids the round unless every message came once and no stream was left early. */
async function finish(upstream: Child, messages: number, areEnded: () => Promise<boolean>): Promise<void> {
  await upstream.ask('finish', { finishing: true });
  await until('the end of all conversations', areEnded, OPEN_TIMEOUT_MS);
  const taken = await upstream.ask<{ messages: number; twice: number; left: number }>('take');
  if (taken.messages !== messages || taken.twice > 0 || taken.left > 0)
    throw new Void(`of ${messages} messages: ${JSON.stringify(taken)}`);
}

const isOpen = (upstream: Child, count: number) => async () =>
  (await upstream.ask<{ open: number }>('streams')).open === count;

/** A loop of `undici.request` and nothing else, in a process of its own. */
async function bare({ upstream, upstreamUrl }: Service, open: number): Promise<Cost> {
  const child = await startChild(BARE, [], {}, { probed: true });
  try {
    const ended = (count: number) => async () => (await child.ask<{ ended: number }>('ended')).ended === count;
    await upstream.ask('finish', { finishing: true });
    await child.ask('open', { upstream: upstreamUrl, count: WARM_UP, name: 'warm-up' });
    await until('the warm-up', ended(WARM_UP), OPEN_TIMEOUT_MS);
    await upstream.ask('finish', { finishing: false });
    const idle = await watchIdle(child);
    await child.ask('open', { upstream: upstreamUrl, count: open, name: 'bare' });
    await until('all conversations', isOpen(upstream, open), OPEN_TIMEOUT_MS);
    const cost = await watchOpen(child, open, idle);
    await finish(upstream, WARM_UP + open, ended(WARM_UP + open));
    return cost;
  } finally {
    await child.stop();
  }
}

let round = 0;

/** A worker of ours, with jobs that came through the API. */
async function ours(service: Service, open: number): Promise<Cost> {
  round += 1;
  const name = `round ${round}`;
  const { upstream } = service;
  const worker = await service.startWorker({ RUN_CONCURRENCY: String(open) });
  const succeeded = (count: number) => async () =>
    (await service.count(`status = 'succeeded' AND metadata->>'round' = '${name}'`)) === count;
  const submit = (count: number, prompt: string) =>
    service.submitMany(count, (n) => ({ type: 'generate', prompt: `${prompt} ${n}`, metadata: { round: name } }));
  try {
    await upstream.ask('finish', { finishing: true });
    await submit(WARM_UP, `warm up ${name}`);
    await until('the warm-up', succeeded(WARM_UP), OPEN_TIMEOUT_MS);
    await upstream.ask('finish', { finishing: false });
    const idle = await watchIdle(worker);
    await submit(open, `conversation of ${name}`);
    await until('all conversations', isOpen(upstream, open), OPEN_TIMEOUT_MS);
    const cost = await watchOpen(worker, open, idle);
    await finish(upstream, WARM_UP + open, succeeded(WARM_UP + open));
    return cost;
  } finally {
    await worker.stop();
  }
}

/** Thousands of sockets in one process: as many files must be allowed to it. */
function expectFiles(open: number): void {
  const limit = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
  if (limit < open + SPARE_FILES)
    throw new Error(`ulimit -n is ${limit}: ${open} conversations need ${SPARE_FILES} more`);
}

it('conversations', { timeout: 60 * 60_000 }, async () => {
  const figures: Figure[] = [];
  for (const { open, backend, rounds } of SIZES) {
    if (!backends().includes(backend)) continue;
    expectFiles(open);
    const service = await startService(backend, {
      turnMs: 0,
      env: { SSE_TOTAL_TIMEOUT: '1h', SSE_IDLE_TIMEOUT: '10m', MAX_QUEUED_PER_TENANT: '1000000' },
    });
    try {
      // Every round has processes of its own, which it warms up itself.
      const taken = await takeTurns(
        rounds,
        { bare: () => bare(service, open), ours: () => ours(service, open) },
        { warmsUp: false },
      );
      const of = (figure: keyof Cost, side: 'bare' | 'ours') => taken.map((costs) => costs[side][figure]);
      const ratio = (figure: keyof Cost) => taken.map((costs) => costs.ours[figure] / costs.bare[figure]);
      const what = `${open} conversations, ${backend}`;
      figures.push(
        { name: `${what}: memory each, bare`, unit: 'KiB', rounds: of('kib', 'bare') },
        { name: `${what}: memory each`, unit: 'KiB', rounds: of('kib', 'ours'), aim: '≤ 100' },
        { name: `${what}: memory, ratio`, unit: '×', rounds: ratio('kib'), aim: '≤ 1.5' },
        { name: `${what}: CPU an event, bare`, unit: 'µs', rounds: of('us', 'bare') },
        { name: `${what}: CPU an event`, unit: 'µs', rounds: of('us', 'ours') },
        { name: `${what}: CPU, ratio`, unit: '×', rounds: ratio('us'), aim: '≤ 1.5' },
        { name: `${what}: event loop p99, bare`, unit: 'ms', rounds: of('loopP99Ms', 'bare') },
        { name: `${what}: event loop p99`, unit: 'ms', rounds: of('loopP99Ms', 'ours'), aim: '< 50' },
        { name: `${what}: event loop, longest`, unit: 'ms', rounds: of('loopMaxMs', 'ours') },
      );
    } finally {
      await service.stop();
    }
  }
  await report('conversations', { WATCHED_MS, WARM_UP, REST_MS, eventsPerSecond: 1, fsync: true }, figures);
  if (SHORT) return;
  for (const { name, rounds } of figures)
    if (name.endsWith('memory each')) expect(median(rounds), name).toBeLessThan(100);
});
