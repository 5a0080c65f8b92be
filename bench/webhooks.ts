import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createVault } from '../src/lib/crypto.ts';
import type { Database } from '../src/lib/db/database.ts';
import { newId } from '../src/lib/ids.ts';
import { createLogger } from '../src/lib/logger.ts';
import { parseSubnets } from '../src/lib/webhooks/address-policy.ts';
import { createGuardedAgent } from '../src/lib/webhooks/guarded-agent.ts';
import { newWebhookSecret } from '../src/lib/webhooks/sign.ts';
import { startDelivery } from '../src/workers/webhooks/deliver-webhooks.ts';
import { MAX_WINDOW } from '../src/workers/webhooks/webhook-lanes.ts';
import { startDatabase } from './support/database.ts';
import { type Receiver, startReceiver } from './support/receiver.ts';
import { type Figure, median, percentile, report } from './support/report.ts';
import { inTurns, Void } from './support/rounds.ts';
import { ROUNDS, SHORT } from './support/settings.ts';

/** Deliveries a round. */
const DELIVERIES = SHORT ? 200 : 10_000;
/** Messages that were delivered before: a table of some size, as in real life. */
const HISTORY = SHORT ? 100 : 100_000;
/** Under way at once in the bare loop: more makes it no faster. */
const CONNECTIONS = 50;
/** Open loop: webhooks a second, over all healthy endpoints, for so long. */
const RATE = 300;
const OPEN_LOOP_S = SHORT ? 0.6 : 8;
/** Of these, the connections to all receivers being opened: not counted. In s. */
const WARM_UP_S = SHORT ? 0.1 : 2;
/** A generator that is later than that has measured itself. In ms. */
const MAX_BEHIND_MS = 500;
const TENANT = 'bench';
const SECRET = newWebhookSecret();
/** About the size of a finished job. */
const JOB = { id: newId('job'), object: 'job', status: 'succeeded', result: { text: 'x'.repeat(1_500) } };

let database: { db: Database; stop(): Promise<void> };
let receiver: Receiver;
const vault = createVault(Buffer.alloc(32, 7));

beforeAll(async () => {
  database = await startDatabase(20);
  receiver = await startReceiver();
  await database.db.pool.query('INSERT INTO tenant (id, webhook_secret) VALUES ($1, $2)', [
    TENANT,
    vault.seal(SECRET, 'tenant.webhook_secret'),
  ]);
  await makeMessages(await makeEndpoints(['/ok']), HISTORY, 'delivered');
  await database.db.pool.query('VACUUM ANALYZE');
});

afterAll(async () => {
  receiver?.stop();
  await database?.stop();
});

const start = (timeoutMs: number) => {
  const policy = { allowHttp: true, allowedSubnets: parseSubnets('127.0.0.0/8') };
  const agent = createGuardedAgent(policy, { connectTimeoutMs: 5_000, maxConnectionsPerOrigin: 5 * MAX_WINDOW });
  const delivery = startDelivery({
    db: database.db.pool,
    vault,
    agent,
    timeoutMs,
    schedule: [0, 86_400_000],
    log: createLogger('silent', 'bench'),
  });
  return {
    kick: delivery.kick,
    /** Ends what is under way at once, whether it has been answered or not. */
    async stop() {
      await agent.destroy();
      await delivery.stop();
    },
  };
};

/** Makes endpoints: `path` says how each is answered. @returns their ids. */
async function makeEndpoints(paths: readonly string[]): Promise<string[]> {
  const { pool } = database.db;
  const sealed = vault.seal(SECRET, 'webhook_endpoint.secret');
  const ids = paths.map(() => newId('whe'));
  await pool.query(
    `INSERT INTO webhook_endpoint (id, tenant_id, url, secret)
     SELECT id, $1, url, $2 FROM unnest($3::text[], $4::text[]) AS e(id, url)`,
    [TENANT, sealed, ids, paths.map((path, index) => `${receiver.origin(index)}${path}`)],
  );
  return ids;
}

/** Makes messages, round robin over the endpoints. */
async function makeMessages(endpoints: readonly string[], count: number, status: string): Promise<void> {
  await database.db.pool.query(
    `WITH told AS (
       INSERT INTO event (id, tenant_id, type, body)
       SELECT 'evt_' || $5 || n, $1, 'job.succeeded', $2::json FROM generate_series(1, $3::int) AS n
     )
     INSERT INTO webhook_message (id, tenant_id, event_id, endpoint_id, url, lane_key, event_type, status)
     SELECT 'msg_' || $5 || n, $1, 'evt_' || $5 || n, endpoint.id, endpoint.url, endpoint.id, 'job.succeeded', $6
     FROM generate_series(1, $3::int) AS n
     JOIN webhook_endpoint AS endpoint ON endpoint.id = ($4::text[])[n % cardinality($4::text[]) + 1]`,
    [TENANT, JSON.stringify(JOB), count, endpoints, newId('req'), status],
  );
}

/** How many messages of these endpoints were delivered. */
async function countDelivered(endpoints: readonly string[]): Promise<number> {
  const { rows } = await database.db.pool.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM webhook_message WHERE lane_key = ANY ($1) AND status = 'delivered'",
    [endpoints],
  );
  return rows[0]?.count ?? 0;
}

/** Whether one is left. Asked often, and not to be counted as a cost of ours: it stops at the first. */
async function anyPending(endpoints: readonly string[]): Promise<boolean> {
  const { rows } = await database.db.pool.query(
    "SELECT FROM webhook_message WHERE lane_key = ANY ($1) AND status = 'pending' LIMIT 1",
    [endpoints],
  );
  return rows.length > 0;
}

/** Deliveries per second of our own: claim, sign, send, record. Void unless every message is recorded as delivered. */
async function ours(endpointCount: number): Promise<number> {
  const endpoints = await makeEndpoints(Array.from({ length: endpointCount }, () => '/ok'));
  await makeMessages(endpoints, DELIVERIES, 'pending');
  await receiver.take();
  const began = performance.now();
  const delivery = start(15_000);
  while (await anyPending(endpoints)) await pause(50);
  const seconds = (performance.now() - began) / 1000;
  await delivery.stop();
  const { received } = await receiver.take();
  const delivered = await countDelivered(endpoints);
  if (received !== DELIVERIES || delivered !== DELIVERIES) throw new Void('not balanced');
  return DELIVERIES / seconds;
}

/** The same requests without a database: a loop of `undici.request` with HMAC. */
async function bare(endpointCount: number): Promise<number> {
  await receiver.take();
  const agent = new Agent({ connections: CONNECTIONS });
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  let next = 0;
  const loop = async () => {
    while (next < DELIVERIES) {
      const number = next++;
      const body = JSON.stringify({ type: 'job.succeeded', timestamp: new Date().toISOString(), data: JOB });
      const timestamp = Math.floor(Date.now() / 1000);
      const hmac = createHmac('sha256', key).update(`msg_${number}.${timestamp}.`).update(body).digest('base64');
      const answer = await request(`${receiver.origin(number % endpointCount)}/ok`, {
        method: 'POST',
        dispatcher: agent,
        headers: {
          'content-type': 'application/json',
          'webhook-id': `msg_${number}`,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': `v1,${hmac}`,
        },
        body,
      });
      await answer.body.dump();
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, loop));
  const seconds = (performance.now() - began) / 1000;
  await agent.close();
  if ((await receiver.take()).received !== DELIVERIES) throw new Void('not balanced');
  return DELIVERIES / seconds;
}

/** How late webhooks reach healthy endpoints (ms from when they were due, p99), while others hang. */
async function lateness(healthy: number, hanging: number): Promise<number> {
  const paths = [...Array.from({ length: healthy }, () => '/ok'), ...Array.from({ length: hanging }, () => '/hang')];
  const endpoints = await makeEndpoints(paths);
  const delivery = start(15_000);
  await receiver.take();
  const began = Date.now();
  const total = RATE * OPEN_LOOP_S;
  let made = 0;
  let behind = 0;
  for (let tick = 0; made < total; tick += 1) {
    const due = began + tick * 20;
    await pause(Math.max(0, due - Date.now()));
    behind = Math.max(behind, Date.now() - due);
    const numbers = Array.from({ length: (RATE * 20) / 1000 }, (_, index) => made + index);
    made += numbers.length;
    // The hanging ones get their share on top.
    const alsoHanging = numbers.filter((number) => hanging > 0 && number % (healthy / hanging) === 0);
    const addressees = [
      ...numbers.map((number) => endpoints[number % healthy] ?? ''),
      ...alsoHanging.map((number) => endpoints[healthy + (((number * hanging) / healthy) % hanging)] ?? ''),
    ];
    await tellAll(addressees, due);
    delivery.kick();
  }
  while (await anyPending(endpoints.slice(0, healthy))) await pause(20);
  const { latencies } = await receiver.take();
  // The hanging ones have not timed out yet.
  await delivery.stop();
  await database.db.pool.query("UPDATE webhook_message SET status = 'failed' WHERE status = 'pending'");
  if (latencies.length !== total) throw new Void(`${latencies.length} of ${total} arrived`);
  if (!SHORT && behind > MAX_BEHIND_MS) throw new Void(`the generator fell ${behind} ms behind`);
  const warm = latencies.filter(({ due }) => due >= began + WARM_UP_S * 1000);
  return percentile(
    warm.map(({ ms }) => ms),
    99,
  );
}

/** One message to each of these endpoints, due at `due`. */
async function tellAll(addressees: readonly string[], due: number): Promise<void> {
  await database.db.pool.query(
    `WITH given AS (SELECT * FROM unnest($1::text[], $2::text[]) AS g(endpoint_id, n)), told AS (
       INSERT INTO event (id, tenant_id, type, body) SELECT 'evt_' || n, $3, 'job.succeeded', $4::json FROM given
     )
     INSERT INTO webhook_message (id, tenant_id, event_id, endpoint_id, url, lane_key, event_type)
     SELECT 'msg_' || n, $3, 'evt_' || n, endpoint.id, endpoint.url, endpoint.id, 'job.succeeded'
     FROM given JOIN webhook_endpoint AS endpoint ON endpoint.id = given.endpoint_id`,
    [addressees, addressees.map(() => newId('req')), TENANT, JSON.stringify({ t0: due, ...JOB })],
  );
}

it('webhooks', async () => {
  const figures: Figure[] = [];
  for (const endpoints of [1, 100]) {
    const { baseline, subject, ratio } = await inTurns(
      ROUNDS,
      () => bare(endpoints),
      () => ours(endpoints),
    );
    const to = endpoints === 1 ? 'one endpoint' : `${endpoints} endpoints`;
    figures.push({ name: `bare undici.request loop with HMAC, ${to}`, unit: '/s', rounds: baseline });
    figures.push({ name: `deliveries, ${to}`, unit: '/s', rounds: subject });
    figures.push({ name: `ratio, ${to}`, unit: '×', rounds: ratio, aim: '≥ 0.4' });
  }
  const { baseline, subject, ratio } = await inTurns(
    ROUNDS,
    () => lateness(90, 0),
    () => lateness(90, 10),
  );
  figures.push({ name: 'p99 of 90 healthy endpoints', unit: 'ms', rounds: baseline });
  figures.push({ name: 'p99 of the same while 10 more hang', unit: 'ms', rounds: subject });
  figures.push({ name: 'p99 ratio', unit: '×', rounds: ratio, aim: '≤ 1.5' });
  await report('webhooks', { ROUNDS, DELIVERIES, CONNECTIONS, RATE, OPEN_LOOP_S, WARM_UP_S, fsync: true }, figures);
  if (!SHORT) expect(median(ratio)).toBeLessThanOrEqual(1.5);
});
