// The chain as one would wire it by hand: handler, INSERT, queue.add, worker, the same calls upstream, POST to the
// webhook; no outbox, no fences, no fairness. JavaScript, because Node itself loads it. argv: api or worker.
import { createHmac, randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { createParser } from 'eventsource-parser';
import fastify from 'fastify';
import pg from 'pg';
import { Agent, request } from 'undici';
import { answerAsks } from './asks.js';
import { openBareQueue } from './bare-queue.js';

const { DATABASE_URL, UPSTREAM_URL } = process.env;
const db = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });
const { common, factory } = openBareQueue();

async function api() {
  const queue = new Queue('chain', { ...common, defaultJobOptions: { removeOnComplete: true } }, ...factory);
  const app = fastify();
  app.post('/jobs', async (asked, reply) => {
    const id = randomUUID();
    await db.query({ name: 'add', text: 'INSERT INTO bare_job (id, body) VALUES ($1, $2)', values: [id, asked.body] });
    await queue.add('run', { id }, { jobId: `run-${id}` });
    reply.code(202);
    return { id };
  });
  process.send?.({ url: await app.listen({ port: 0, host: '127.0.0.1' }) });
}

const calls = new Agent({ connections: 64 });
const streams = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
const headers = { authorization: 'Bearer nemo_bench', 'content-type': 'application/json' };

async function call(/** @type {string} */ path, /** @type {unknown} */ body = undefined) {
  const method = body === undefined ? 'GET' : 'POST';
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await request(`${UPSTREAM_URL}${path}`, { dispatcher: calls, method, headers, ...sent });
  return /** @type {any} */ (await answer.body.json()).data;
}

async function listen(/** @type {string} */ session, /** @type {string} */ text) {
  const body = { app_name: 'nemo_agent', user_id: 'me', session_id: session, new_message: { parts: [{ text }] } };
  const options = /** @type {const} */ ({ dispatcher: streams, method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await request(`${UPSTREAM_URL}/run_sse`, options);
  /** @type {string[]} */
  const texts = [];
  const parser = createParser({ onEvent: ({ data }) => texts.push(JSON.parse(data).content.parts[0].text) });
  const decoder = new TextDecoder();
  for await (const chunk of answer.body) parser.feed(decoder.decode(chunk, { stream: true }));
  return texts.join('\n\n');
}

async function run(/** @type {string} */ id) {
  const started = {
    name: 'start',
    text: `UPDATE bare_job SET status = 'running' WHERE id = $1 RETURNING body`,
    values: [id],
  };
  const { prompt, metadata, webhook } = (await db.query(started)).rows[0].body;
  const session = await call('/api/tasks/me/with-session/nemo_agent', { task_name: 'project', language: 'en' });
  await call('/api/auth/claim-token', { task_id: session.task_id, session_id: session.session_id });
  const statePath = `/api/state/nemo_agent/me/${session.session_id}/latest`;
  await call(statePath);
  const before = await call('/api/credits/balance/simple');
  const text = await listen(session.session_id, prompt);
  const state = await call(statePath);
  const after = await call('/api/credits/balance/simple');
  const job = { id, status: 'succeeded', metadata, result: { text, state }, cost: { before, after } };
  const ended = {
    name: 'end',
    text: `UPDATE bare_job SET status = 'succeeded', result = $2 WHERE id = $1`,
    values: [id, job],
  };
  await db.query(ended);
  const body = JSON.stringify({ type: 'job.succeeded', timestamp: new Date().toISOString(), data: job });
  const signature = createHmac('sha256', 'secret').update(`${id}.${body}`).digest('base64');
  const sent = { ...headers, 'webhook-id': id, 'webhook-signature': `v1,${signature}` };
  const answer = await request(webhook.url, { dispatcher: calls, method: 'POST', headers: sent, body });
  await answer.body.dump();
}

function work() {
  const options = { ...common, concurrency: 1_000, lockDuration: 12_000, stalledInterval: 2_000 };
  const worker = new Worker('chain', (job) => run(job.data.id), options, ...factory);
  worker.on('error', () => undefined);
  process.send?.({});
}

answerAsks({});
if (process.argv[2] === 'api') await api();
else work();
