import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createLogger } from '../../src/lib/logger.ts';
import { freePort } from '../../src/local/free-port.ts';
import type { Answer } from '../support/client.ts';
import { serveRedis } from '../support/redis-server.ts';
import { startService, type TestService } from '../support/service.ts';
import { storesOf } from '../support/stores.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const TOKEN = 'nmv_usr_tenant_confidential';

let service: TestService;
let receiver: WebhookReceiver;
const logged: string[] = [];
const answers: Answer[] = [];
let webhookSecret: string;

/** What a client can see and what is written down of an eventful day, with nothing struck out. */
beforeAll(async () => {
  // Without the net of createLogger: what is not logged in the first place needs none.
  const lines = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk));
      done();
    },
  });
  const log = pino({ level: 'trace' }, lines);
  receiver = await startReceiver();
  service = await startService({ log, env: { WEBHOOK_RETRY_SCHEDULE: '0s,20ms' } });
  webhookSecret = (await service.client.get<{ secret: string }>('/v1/webhook-secret')).body.secret;
  const { client, sandbox } = service;
  const keep = async <T>(answer: Promise<Answer<T>>): Promise<T> => {
    const kept = await answer;
    answers.push(kept);
    return kept.body;
  };
  const everyEvent = ['job.started', 'job.preview_ready', 'job.succeeded', 'job.failed'];
  const run = async (prompt: string, more: Record<string, unknown> = {}) => {
    const webhook = { url: receiver.url, events: everyEvent };
    const { id, session_id } = await keep(
      client.post<{ id: string; session_id: string }>('/v1/jobs', { type: 'generate', prompt, webhook, ...more }),
    );
    await client.ended(id);
    for (const part of ['', '/history', '/events', '/output']) await keep(client.get(`/v1/jobs/${id}${part}`));
    return session_id;
  };

  receiver.answerWith(500);
  const session = await run('A heron', { export: true });
  expect(answers.map(({ status }) => status)).toEqual([202, 200, 200, 200, 302]);
  await sandbox.expireTokens();
  await Promise.all([
    run('An error of a proxy #html-500'),
    run('No more #no-credits'),
    run('Once more #rate-limited #render-fails-once', { export: true }),
    run('A title #session-gone', { session_id: session }),
    run('Nobody is told', { webhook: { url: 'http://127.0.0.1:9/nobody' } }),
  ]);
  await keep(client.put('/v1/account', { token: TOKEN }));
  await keep(client.put('/v1/account', { token: `${TOKEN} and a blank` }));
  await run('With a token of our own');
  await sandbox.fault({ route: 'GET /api/credits', times: 2, reset: true });
  for (const path of ['account', 'credits', 'credits/snapshots', 'sessions', 'skills', 'assets', 'nothing']) {
    await keep(client.get(`/v1/${path}`));
  }
  for (const part of ['', '/state', '/timeline.svg']) await keep(client.get(`/v1/sessions/${session}${part}`));
  for (const text of ['credits', 'status']) await keep(client.post('/v1/messages', { text }));
  await keep(client.post('/v1/jobs', '{"type":'));
  await keep(client.get('/v1/account', { authorization: `Bearer ${service.env.BOOTSTRAP_API_KEY}x` }));
  await keep(client.delete('/v1/account'));
});

afterAll(async () => {
  await service?.stop();
  await receiver?.close();
});

it('nothing secret is in any answer, log line, webhook or URL', () => {
  const { BOOTSTRAP_API_KEY = '', ENCRYPTION_KEY = '' } = service.env;
  const secrets = [BOOTSTRAP_API_KEY, ENCRYPTION_KEY, webhookSecret, webhookSecret.replace('whsec_', ''), TOKEN];
  // Tokens that we were given, and everything as it is sealed in the database.
  const patterns = [...secrets.map(escaped), String.raw`nmv_usr_\w`, String.raw`\bv1\.[\w+/-]`];
  const where = {
    answers: JSON.stringify(answers),
    log: logged.join(''),
    webhooks: JSON.stringify(receiver.received),
  };
  expect(where.log).toContain('"msg":"job step"');
  expect(where.log).toContain('"msg":"webhook attempt"');
  expect(where.webhooks).toContain('job.preview_ready');
  for (const pattern of patterns) {
    for (const [place, text] of Object.entries(where)) {
      const [found = null] = new RegExp(`.{0,100}${pattern}`).exec(text) ?? [];
      expect(found, place).toBeNull();
    }
  }
});

// A server of our own: its password is not ours.
const canServeRedis =
  storesOf().hasRedis() && process.env.REDIS_URL === undefined && process.env.TEST_INFRA !== 'containers';

it.runIf(canServeRedis)('a password that Redis refuses is not in the log', async () => {
  const port = await freePort();
  const redis = await serveRedis({ port, requirepass: 'another' });
  onTestFinished(() => void redis.kill('SIGKILL'));
  const lines: string[] = [];
  const log = createLogger('trace', 'test', { write: (line) => void lines.push(line) });
  const refused = await startService({
    log,
    workers: false,
    env: { REDIS_URL: `redis://:redis-confidential@127.0.0.1:${port}` },
  });
  onTestFinished(() => refused.stop());
  await waitFor('the refusal', async () => lines.some((line) => line.includes('WRONGPASS')));
  expect(lines.join('')).not.toContain('redis-confidential');
  log.error({ err: new AggregateError([refusal()]) }, 'several');
  log.error(new Error('because', { cause: refusal() }));
  log.error({ err: Object.assign(new Error('at last'), { lastNodeError: refusal(), errors: [refusal()] }) });
  expect(lines.join('')).not.toContain('redis-confidential');
});

/** As ioredis makes it, who knows how deep. */
function refusal(): Error {
  return Object.assign(new Error('WRONGPASS'), {
    command: { name: 'hello', args: ['3', 'AUTH', 'redis-confidential'] },
  });
}

function escaped(text: string): string {
  return text.replaceAll(/[^\w]/g, String.raw`\$&`);
}
