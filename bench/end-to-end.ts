import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChild } from './support/child.ts';
import { type Receiver, startReceiver } from './support/receiver.ts';
import { type Figure, median, percentile, report } from './support/report.ts';
import { takeTurns, Void } from './support/rounds.ts';
import { backends, type Service, startService } from './support/service.ts';
import { SHORT } from './support/settings.ts';
import { until } from './support/wait.ts';
import { wipeQueues } from './support/wipe-queues.ts';

/** How long a turn takes upstream. In ms. */
const TURN_MS = SHORT ? 200 : 2_000;
/** Jobs at once, to find out how many a second the chain can take: so many that a turn's wait hardly counts. */
const FLOOD = SHORT ? 10 : 1_500;
/** Shares of that rate, at which jobs come evenly for so long. */
const SHARES = SHORT ? [0.5] : [0.5, 0.7, 0.9];
const OPEN_LOOP_S = SHORT ? 1 : 10;
/** A round of everything takes minutes. */
const ROUNDS = SHORT ? 1 : 3;
/** The short form does not look for the capacity's meaning. Jobs a second. */
const SHORT_RATE = 10;
/** A generator that is later than this has measured itself. In ms. */
const BEHIND_MS = 500;
const TIMEOUT_MS = 180_000;
/** What the guarantees may cost, over a chain without them that makes the same calls. In ms. */
const AIMS = { p50: 15, p99: 100 };

const BARE = fileURLToPath(new URL('./support/bare-chain.js', import.meta.url));

/** Takes a job in: the answer says that it is accepted. */
type Submit = (body: Record<string, unknown>) => Promise<void>;

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver?.stop());

const jobOf = (n: number, t0: number) => ({
  type: 'generate',
  prompt: `Make clip ${n} of a busy harbour at ${t0}`,
  metadata: { t0: String(t0) },
  webhook: { url: `${receiver.origin(1)}/ok` },
});

/** Waits for so many webhooks. @returns how late each came after the `t0` of its job, without the turn itself. In ms. */
async function hear(service: Service, count: number): Promise<number[]> {
  const latencies: number[] = [];
  await until(
    `${count} webhooks`,
    async () => {
      latencies.push(...(await receiver.take()).latencies.map(({ ms }) => ms));
      return latencies.length >= count;
    },
    TIMEOUT_MS,
  );
  const { messages, twice } = await service.upstream.ask<{ messages: number; twice: number }>('take');
  if (latencies.length !== count || messages !== count || twice > 0)
    throw new Void(`${count} jobs: ${latencies.length} webhooks, ${messages} messages, ${twice} of them twice`);
  return latencies.map((latency) => latency - TURN_MS);
}

/** Jobs a second when many are there at once: until the last of them has been told of. */
async function capacity(service: Service, submit: Submit): Promise<number> {
  await service.postgres.sql('CHECKPOINT');
  const began = Date.now();
  await Promise.all(Array.from({ length: FLOOD }, (_, n) => submit(jobOf(n, began))));
  return (FLOOD * 1_000) / (TURN_MS + Math.max(...(await hear(service, FLOOD))));
}

/** Jobs come evenly, whatever becomes of those before. */
async function openLoop(service: Service, submit: Submit, perSecond: number): Promise<number[]> {
  // What the rounds before have left to be written is no part of this one.
  await service.postgres.sql('CHECKPOINT');
  const began = Date.now() + 100;
  const total = Math.round(perSecond * OPEN_LOOP_S);
  const submits: Promise<void>[] = [];
  let behind = 0;
  for (let n = 0; n < total; n += 1) {
    const due = began + (n * 1_000) / perSecond;
    if (due > Date.now()) await pause(due - Date.now());
    behind = Math.max(behind, Date.now() - due);
    submits.push(submit(jobOf(n, Math.round(due))));
  }
  await Promise.all(submits);
  if (behind > BEHIND_MS) throw new Void(`the generator fell ${behind} ms behind`);
  return hear(service, total);
}

type Chain = { submit: Submit; stop(): Promise<void> };

async function startBare({ postgres, redis, upstreamUrl }: Service): Promise<Chain> {
  const env = {
    DATABASE_URL: postgres.url,
    UPSTREAM_URL: upstreamUrl,
    ...(redis ? { REDIS_URL: redis.url } : {}),
  };
  await postgres.sql(`CREATE TABLE IF NOT EXISTS bare_job (id text PRIMARY KEY, body json, result json,
    status text NOT NULL DEFAULT 'queued', created_at timestamptz NOT NULL DEFAULT now())`);
  const api = await startChild(BARE, ['api'], env);
  const worker = await startChild(BARE, ['worker'], env);
  return {
    async submit(body) {
      const headers = { 'content-type': 'application/json' };
      const answer = await request(`${api.ready.url}/jobs`, { method: 'POST', headers, body: JSON.stringify(body) });
      await answer.body.dump();
      if (answer.statusCode !== 202) throw new Error(`not taken: ${answer.statusCode}`);
    },
    async stop() {
      await api.stop();
      await worker.stop();
    },
  };
}

it.each(backends().slice(0, SHORT ? 1 : 2))('end to end (%s)', { timeout: 60 * 60_000 }, async (backend) => {
  const service = await startService(backend, { turnMs: TURN_MS });
  const figures: Figure[] = [];
  try {
    const bare = await startBare(service);
    await service.startWorker();
    const full = await takeTurns(ROUNDS, {
      bare: () => capacity(service, bare.submit),
      ours: () => capacity(service, service.submit),
    });
    figures.push(
      { name: 'capacity, wired by hand', unit: '/s', rounds: full.map((round) => round.bare) },
      { name: 'capacity', unit: '/s', rounds: full.map((round) => round.ours) },
      { name: 'capacity, ratio', unit: '×', rounds: full.map((round) => round.ours / round.bare) },
    );
    for (const share of SHARES) {
      const rate = SHORT ? SHORT_RATE : share * median(full.map((round) => round.ours));
      const taken = await takeTurns(
        ROUNDS,
        {
          bare: () => openLoop(service, bare.submit, rate),
          ours: () => openLoop(service, service.submit, rate),
        },
        { warmsUp: false },
      );
      for (const [name, percent] of [
        ['p50', 50],
        ['p99', 99],
      ] as const) {
        const [byHand, ours] = [
          taken.map((round) => percentile(round.bare, percent)),
          taken.map((round) => percentile(round.ours, percent)),
        ];
        const what = `${Math.round(share * 100)} % (${rate.toFixed(0)}/s)`;
        const over = ours.map((ms, round) => ms - (byHand[round] ?? 0));
        figures.push(
          { name: `${what}: ${name} over the turn, by hand`, unit: 'ms', rounds: byHand },
          { name: `${what}: ${name} over the turn`, unit: 'ms', rounds: ours },
          {
            name: `${what}: ${name}, ours over by hand`,
            unit: 'ms',
            rounds: over,
            ...(share < 0.9 ? { aim: `≤ ${AIMS[name]}` } : {}),
          },
        );
      }
    }
    await bare.stop();
    await wipeQueues(service);
  } finally {
    await service.stop();
  }
  await report(`end-to-end-${backend}`, { TURN_MS, FLOOD, OPEN_LOOP_S, fsync: true }, figures);
  if (!SHORT) expect(figures.length).toBeGreaterThan(0);
});
