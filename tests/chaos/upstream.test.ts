import { afterAll, it } from 'vitest';
import { createRandom } from './random.ts';
import { backends, FULL, SEED, SETTLE_TIMEOUT_MS } from './settings.ts';
import { mixedWishes } from './stories.ts';
import { submitAll } from './submit.ts';
import { startWorld, type World } from './world.ts';

const JOBS = FULL ? 300 : 40;
const SUBMIT_GAP_MS = 50;
/** Every call of the upstream, and what may come instead of its answer: more faults than jobs, all at once. */
const ROUTES = [
  'POST /api/auth/anonymous-token',
  'POST /api/tasks/me/with-session',
  'POST /api/auth/claim-token',
  'GET /api/state',
  'GET /api/credits',
  'POST /api/upload-video',
  'POST /run_sse',
  'POST /api/render/proxy/lambda',
  'GET /api/render/proxy/lambda',
];
const FAULTS = [
  { status: 503 },
  { status: 408 },
  { reset: true },
  { status: 502, body: '<html><h1>Bad Gateway</h1></html>' },
  { status: 200, body: 'no JSON' },
  { delay_ms: 500 },
];

let world: World | undefined;
afterAll(() => world?.close());

it('an upstream with every kind of fault at once', { timeout: 2 * SETTLE_TIMEOUT_MS }, async () => {
  const random = createRandom(SEED);
  world = await startWorld(random.pick(backends()));
  for (const fault of random.shuffle(FAULTS)) {
    for (const route of ROUTES) await world.sandbox.fault({ route, times: 1 + random.below(3), ...fault });
  }
  world.startWorker();
  world.startWorker();
  await world.balances(await submitAll(world, mixedWishes(random, JOBS), SUBMIT_GAP_MS));
});
