import { afterAll, describe, expect, it } from 'vitest';
import { FAULT_POINTS, type FaultPoint } from '../../src/lib/fault-point.ts';
import { createRandom } from './random.ts';
import { BOUNDARIES, backends, FULL, JOBS, SEED, SETTLE_TIMEOUT_MS } from './settings.ts';
import { mixedWishes } from './stories.ts';
import { submitAll } from './submit.ts';
import { startWorld, type World } from './world.ts';

/** Between two submits: slow enough that most boundaries meet jobs in every phase. In ms. */
const SUBMIT_GAP_MS = 150;
const MORE_JOBS = 5;
const MORE_JOBS_GAP_MS = 500;
const MOST_MORE_JOBS = FULL ? 1000 : 50;
/** A point may be passed so often before the process dies there. */
const MAX_PASSAGE = 2;
/** What every run passes within seconds; the others need a rare story, and have their turn in the full run. */
const RARE = new Set<string>([
  'cancel.committed',
  'render.dropping',
  'render.dropped',
  'output.copied',
  'overdue.unmarked',
  'turn.withdrawn',
]);
/** The API passes these, workers all others. */
const OF_THE_API = /^kill:(submit|cancel)\./;

const worlds: World[] = [];
afterAll(async () => {
  for (const world of worlds) await world.close();
});

describe.concurrent('kill -9 at the boundaries of every step', () => {
  it.each(backends())(
    'loses nothing and pays nothing twice (%s)',
    { timeout: SETTLE_TIMEOUT_MS * 2 },
    async (backend) => {
      const random = createRandom(SEED + backend.length);
      const share = backends().length;
      const points = random.shuffle(FAULT_POINTS.filter((point) => BOUNDARIES === null || !RARE.has(point)));
      const chosen = BOUNDARIES === null ? points : points.slice(0, BOUNDARIES / share);
      // It is passed only when another death has left entries out of the queue: whoever waits for it has to be there.
      chosen.sort((one, other) => Number(other === 'overdue.unmarked') - Number(one === 'overdue.unmarked'));
      const passageOf = (point: FaultPoint) => (RARE.has(point) ? 1 : 1 + random.below(MAX_PASSAGE));
      const faults = chosen.map((point) => `kill:${point}:${passageOf(point)}`);
      const forApi = faults.filter((fault) => OF_THE_API.test(fault));
      const forWorkers = faults.filter((fault) => !OF_THE_API.test(fault));

      const world = await startWorld(backend, { apiFaults: () => forApi.shift() ?? null });
      worlds.push(world);
      const workers = [0, 1].map(() => world.startWorker({ faults: () => forWorkers.shift() ?? null }));
      const jobs = Math.ceil(JOBS / share);
      const wishes = mixedWishes(random, jobs + MOST_MORE_JOBS);
      const submissions = await submitAll(world, wishes.splice(0, jobs), SUBMIT_GAP_MS);
      // A process that is still armed has not met its point: it gets more jobs, a few at a time.
      while (wishes.length > 0 && [world.api, ...workers].some((process) => process.armed() !== null)) {
        submissions.push(...(await submitAll(world, wishes.splice(0, MORE_JOBS), MORE_JOBS_GAP_MS)));
      }
      await world.balances(submissions);

      const died = [world.api, ...workers].flatMap(({ deaths }) => deaths.map(({ fault }) => fault));
      expect(died.toSorted()).toEqual(faults.toSorted());
    },
  );
});
