import fc from 'fast-check';
import { request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { newId } from '../../src/lib/ids.ts';
import type { Client } from '../support/client.ts';
import { type Contract, contractOf } from '../support/contract.ts';
import { giveFile, textFile } from '../support/files.ts';
import { type FuzzedRequest, requestsOf } from '../support/fuzz-requests.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTenant } from '../support/tenants.ts';

/** Set FUZZ_SEED to try others, FUZZ_RUNS for more of them. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121);
const RUNS = Number(process.env.FUZZ_RUNS ?? 1_500);
const TIME_LIMIT_MS = 12_000;
/** In everything that the stranger has; nobody else ever says it. */
const SECRET = 'stranger-4f1d';

let service: TestService;
let contract: Contract;
let stranger: Client;
/** Of both tenants, and of nobody. */
let ids: { own: string[]; others: string[] };

beforeAll(async () => {
  service = await startService({ workers: false });
  contract = await contractOf(service.url);
  stranger = await createTenant(service);
  const file = await giveFile(service, textFile('A fox in the snow'));
  const own = [await service.client.submit({ type: 'generate', prompt: 'A fox' }), await endedJob(service.client)];
  const metadata = { secret: SECRET };
  const theirs = [
    await stranger.submit({ type: 'generate', prompt: SECRET, metadata, client_reference: SECRET }),
    await endedJob(stranger, { prompt: SECRET, metadata }),
  ];
  const session = await stranger.post<{ id: string }>('/v1/sessions', { name: SECRET });
  ids = { own: [file.id, ...idsOf(own), newId('job'), newId('ses')], others: [session.body.id, ...idsOf(theirs)] };
});

afterAll(() => service?.stop());

const idsOf = (jobs: JobView[]) => jobs.flatMap((job) => [job.id, job.session_id]);

async function endedJob(client: Client, more: Record<string, unknown> = {}): Promise<JobView> {
  const job = await client.submit({ type: 'generate', prompt: 'A heron', ...more });
  return (await client.post<JobView>(`/v1/jobs/${job.id}/cancel`, {})).body;
}

async function send({ method, path, headers, body }: FuzzedRequest) {
  const answer = await request(`${service.url}${path}`, {
    method: method as 'GET',
    headers: { authorization: `Bearer ${service.env.BOOTSTRAP_API_KEY}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const type = String(answer.headers['content-type']);
  // It ends with the job, which nobody works on.
  const endless = type.startsWith('text/event-stream');
  if (endless) answer.body.on('error', () => undefined).destroy();
  const text = endless ? '' : await answer.body.text();
  const read = text !== '' && /\bjson\b/.test(type) ? JSON.parse(text) : text || null;
  return { status: answer.statusCode, headers: answer.headers, text, body: read };
}

it('whatever is asked, the answer is documented, no fault of ours, and nothing of another tenant', async () => {
  const before = await everythingOf(stranger);
  const statuses = new Set<number>();
  const property = fc.asyncProperty(requestsOf(contract.document, [...ids.own, ...ids.others]), async (asked) => {
    const answer = await send(asked);
    statuses.add(answer.status);
    expect(answer.status).toBeLessThan(500);
    expect(contract.faultOf({ ...asked, ...answer })).toBeNull();
    expect(answer.text).not.toContain(SECRET);
    if (ids.others.some((id) => asked.path.includes(`/${id}`))) expect(answer.status).not.toBeLessThan(300);
  });
  await fc.assert(property, { seed: SEED, numRuns: RUNS, interruptAfterTimeLimit: TIME_LIMIT_MS, endOnFailure: false });
  expect(await everythingOf(stranger)).toEqual(before);
  // It means nothing if nearly all of it is refused.
  for (const status of [200, 201, 404, 422]) expect([...statuses]).toContain(status);
});

async function everythingOf(client: Client): Promise<unknown[]> {
  const lists = ['/v1/jobs', '/v1/sessions', '/v1/assets', '/v1/credits/snapshots'];
  return Promise.all(lists.map(async (path) => (await client.get(path)).body));
}
