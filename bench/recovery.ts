import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { claimedAgainAfter, dispatchedAgainAfter, handedOverBy, untilInFlight } from '../tests/chaos/recovery.ts';
import { startChild } from './support/child.ts';
import { type Figure, median, report } from './support/report.ts';
import { Void } from './support/rounds.ts';
import { type Backend, backends, type Service, startService } from './support/service.ts';
import { SHORT } from './support/settings.ts';
import { until } from './support/wait.ts';

/** Conversations in flight when their worker is killed or told to stop. */
const SIZES = SHORT ? [10] : [1_000, 5_000];
/** Jobs that wait when Redis is wiped. */
const WAITING = 10_000;
/** Jobs that a worker with BullMQ's own settings holds when it is killed. */
const HELD_BARE = 1_000;
const LONG_MS = 10 * 60_000;

/** What is promised (docs/durability.md). In s. */
const AIMS = { claimedAgain: 20, handedOver: 5, dispatchedAgain: 30 };

const BARE = fileURLToPath(new URL('./support/bare-holder.js', import.meta.url));

/** Nobody looks at what became of a message before all of them have been taken over. */
const PACE = {
  RECOVERY_DELAYS: SHORT ? '2s,1s,1s,1s,1s' : '40s,10s,10s,10s,10s',
  SSE_TOTAL_TIMEOUT: '30m',
  DRAIN_TIMEOUT: '0s',
};

const startConversations = async (service: Service, count: number) => {
  await service.submitMany(count, (n) => ({ type: 'generate', prompt: `clip ${n}` }));
  const worker = await service.startWorker({ RUN_CONCURRENCY: String(count) });
  await untilInFlight(service, count);
  return worker;
};

/** The turns end upstream, whether or not anybody listened: every job must have got its video, for one message. */
async function balance(service: Service, count: number): Promise<void> {
  await service.upstream.ask('finish', { finishing: true });
  await until('the end of all jobs', async () => (await service.count('finished_at IS NULL')) === 0, LONG_MS);
  const succeeded = await service.count(`status = 'succeeded'`);
  const { messages, twice } = await service.upstream.ask<{ messages: number; twice: number }>('take');
  const events = await service.postgres.sql(`SELECT FROM event WHERE type = 'job.succeeded'`);
  if (succeeded !== count || messages !== count || twice > 0 || events.length !== count)
    throw new Void(
      `${count} jobs: ${succeeded} succeeded, ${events.length} told, ${messages} messages, ${twice} twice`,
    );
}

/** Seconds from SIGKILL until the last conversation is in another worker's hands. */
async function kill(service: Service, count: number): Promise<number> {
  const victim = await startConversations(service, count);
  await service.startWorker({ RUN_CONCURRENCY: String(count) });
  const ms = await claimedAgainAfter(service, () => victim.kill('SIGKILL'));
  await balance(service, count);
  return ms / 1_000;
}

/** Seconds from SIGTERM until the worker is gone and holds nothing. */
async function handOver(service: Service, count: number): Promise<number> {
  const leaving = await startConversations(service, count);
  const { ms, left } = await handedOverBy(service, leaving.stop);
  if (left > 0) throw new Void(`${left} of ${count} were not handed over`);
  await service.startWorker({ RUN_CONCURRENCY: String(count) });
  await balance(service, count);
  return ms / 1_000;
}

/** Seconds until everything that a wiped Redis has forgotten is in it again. */
async function wipe(service: Service): Promise<number> {
  await service.submitMany(WAITING, (n) => ({ type: 'generate', prompt: `clip ${n}` }));
  await service.startWorker({ RUN_CONCURRENCY: '1' });
  const ms = await dispatchedAgainAfter(service, WAITING, async () => service.redis?.wipe());
  if ((await service.count('true')) !== WAITING) throw new Void('jobs are missing');
  return ms / 1_000;
}

/** The same death of a worker as BullMQ comes: seconds until all that it held has begun again elsewhere. */
async function killBare({ postgres, redis }: Service): Promise<number> {
  const env = {
    DATABASE_URL: postgres.url,
    ...(redis ? { REDIS_URL: redis.url } : {}),
    SLOTS: String(HELD_BARE),
  };
  const victim = await startChild(BARE, [], env);
  await victim.ask('add', { count: HELD_BARE });
  await until('all begun', async () => (await victim.ask<number>('started')) === HELD_BARE, LONG_MS);
  const other = await startChild(BARE, [], env);
  const killedAt = Date.now();
  victim.kill('SIGKILL');
  await until('all begun again', async () => (await other.ask<number>('started')) >= HELD_BARE, LONG_MS);
  const ms = Date.now() - killedAt;
  other.kill('SIGKILL');
  return ms / 1_000;
}

/** With stores of its own, of which nothing is left afterwards. */
async function fresh(backend: Backend, measure: (service: Service) => Promise<number>): Promise<number> {
  const service = await startService(backend, { turnMs: 0, env: PACE });
  try {
    return await measure(service);
  } finally {
    await service.stop();
  }
}

it('recovery', { timeout: 60 * 60_000 }, async () => {
  const figures: Figure[] = [];
  const tell = async (name: string, aim: number | null, seconds: Promise<number>) =>
    void figures.push({ name, unit: 's', rounds: [await seconds], ...(aim === null ? {} : { aim: `≤ ${aim}` }) });
  for (const backend of SHORT ? backends().slice(0, 1) : backends()) {
    if (!SHORT)
      await tell(
        `${backend}: BullMQ as it comes, ${HELD_BARE} jobs, SIGKILL: begun again`,
        null,
        fresh(backend, killBare),
      );
    for (const size of SIZES) {
      // Leases have to run out, and jobs to be overdue: the chaos runs have that in their short form.
      if (!SHORT) {
        const killed = fresh(backend, (service) => kill(service, size));
        await tell(`${backend}: ${size} conversations, SIGKILL: claimed again`, AIMS.claimedAgain, killed);
      }
      const stopped = fresh(backend, (service) => handOver(service, size));
      await tell(`${backend}: ${size} conversations, SIGTERM: handed over`, AIMS.handedOver, stopped);
    }
    if (backend === 'redis' && !SHORT)
      await tell(`redis wiped, ${WAITING} jobs waiting: dispatched again`, AIMS.dispatchedAgain, fresh(backend, wipe));
  }
  await report('recovery', { SIZES, WAITING, HELD_BARE, fsync: true }, figures);
  if (SHORT) return;
  for (const { name, rounds } of figures)
    if (name.includes('claimed again')) expect(median(rounds), name).toBeLessThan(AIMS.claimedAgain);
});
