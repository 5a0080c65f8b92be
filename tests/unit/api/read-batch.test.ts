import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { type ReadBatch, readBatch, readBatchLines } from '../../../src/api/read-batch.ts';
import type { SentItem } from '../../../src/api/sent-items.ts';
import type { Problem } from '../../../src/lib/errors.ts';

const LIMIT = 1_000_000;
const FILM = { custom_id: 'a', type: 'generate', prompt: 'A fox 🦊' };

type Body = { jobs: SentItem[]; [option: string]: unknown };

/** What comes of a body that arrives in pieces of a few bytes. */
async function read(text: string, { by = readBatch(LIMIT), headers = {}, query = {} } = {}) {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) => bytes.subarray(at * 7, at * 7 + 7));
  const request = { headers, query, sentBody: undefined } as unknown as FastifyRequest;
  const body = (await by(request, Readable.from(pieces, { objectMode: false }) as IncomingMessage)) as Body;
  return { body, sentBody: request.sentBody as Record<string, unknown> };
}

const withKey = { headers: { 'idempotency-key': 'x' } };
const jobsIn = (body: Body) => body.jobs.map(({ job }) => job && JSON.parse(job));

it('the items are checked and kept as text, the options stay', async () => {
  const { body } = await read(JSON.stringify({ max_credits: 5, jobs: [FILM, { type: 'generate' }, 7, null] }));
  expect(body).toMatchObject({
    max_credits: 5,
    jobs: [{ index: 0, customId: 'a', refers: false, faults: [] }, {}, {}, {}],
  });
  expect(jobsIn(body)[0]).toMatchObject({ prompt: 'A fox 🦊', priority: 0 });
  expect(body.jobs.slice(1).map(({ faults }) => faults)).toMatchObject([
    [{ pointer: '/custom_id' }],
    [{ pointer: '', detail: 'Must be a job.' }],
    [{ pointer: '', detail: 'Must be a job.' }],
  ]);
});

it('a line is an item, also if it is no JSON', async () => {
  const { body } = await read(`${JSON.stringify(FILM)}\nnot json`, {
    by: readBatchLines(LIMIT),
    query: { on_invalid: 'skip', jobs: 'x' },
  });
  expect(body).toMatchObject({
    on_invalid: 'skip',
    jobs: [{ faults: [] }, { job: null, faults: [{ pointer: '', detail: 'The line is not valid JSON.' }] }],
  });
});

it.each([
  '{"jobs":[{]}',
  '{"jobs":[1,]}',
  '{"jobs":[1]',
  '{"jobs":[{"__proto__":{}}]}',
  '{"jobs":[],"__proto__":{}}',
  ' ',
])('%s is no JSON', async (text) => {
  await expect(read(text)).rejects.toMatchObject({ code: 'FST_ERR_CTP_INVALID_JSON_BODY' });
});

it('of an empty body it is told that it is empty', async () => {
  await expect(read('')).rejects.toMatchObject({ code: 'invalid_json', message: 'The body is empty.' });
});

it.each(['null', '[]', '5', '{"jobs":5}', '{"job":[1]}'])('%s is left to the schema', async (text) => {
  expect((await read(text)).body).toEqual(JSON.parse(text));
});

it('of several lists the last one counts; of too many items there is one to tell of it', async () => {
  expect((await read('{"jobs":[1,2],"jobs":[3]}')).body.jobs).toHaveLength(1);
  expect((await read(JSON.stringify({ jobs: Array(10_050).fill(0) }))).body.jobs).toHaveLength(10_001);
});

it('text that cannot be stored is named wherever it is', async () => {
  const jobs = [FILM, { ...FILM, prompt: 'a\0b', metadata: { '\ud83e': 'x' } }];
  const asked = read(JSON.stringify({ metadata: { a: '\0' }, jobs }));
  const error = await asked.catch((thrown: Problem) => thrown);
  const pointers = (error as Problem).faults.map(({ pointer }) => pointer);
  expect(pointers.sort()).toEqual(['/jobs/1/metadata', '/jobs/1/prompt', '/metadata/a']);
});

describe('a body that is too large is refused', () => {
  it('at once if it says so', async () => {
    const headers = { 'content-length': String(LIMIT + 1) };
    await expect(read('{}', { headers })).rejects.toMatchObject({ code: 'FST_ERR_CTP_BODY_TOO_LARGE' });
  });

  it.each<[string, (limit: number) => ReadBatch]>([
    ['JSON', readBatch],
    ['lines', readBatchLines],
  ])('and when it turns out: %s', async (_name, by) => {
    const text = JSON.stringify({ jobs: [FILM] });
    const exactly = Buffer.byteLength(text);
    await expect(read(text, { by: by(exactly) })).resolves.toBeDefined();
    await expect(read(text, { by: by(exactly - 1) })).rejects.toMatchObject({ code: 'FST_ERR_CTP_BODY_TOO_LARGE' });
  });
});

it('a body that breaks off is the fault of its connection', async () => {
  const payload = new Readable({ read: () => undefined });
  const request = { headers: {}, query: {} } as FastifyRequest;
  const reading = readBatch(LIMIT)(request, payload as IncomingMessage);
  payload.push('{"jobs":[');
  payload.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  await expect(reading).rejects.toMatchObject({ code: 'bad_request' });
});

describe('what stands for the body', () => {
  const fingerprint = async (text: string) => (await read(text, withKey)).sentBody.jobs;

  it('is the same for equal jobs, however they are written', async () => {
    const other = `{ "on_invalid":"skip", "jobs": [ {"prompt":"A fox 🦊" ,"type":"generate","custom_id":"\\u0061"} ] }`;
    expect(await fingerprint(other)).toBe(await fingerprint(JSON.stringify({ jobs: [FILM] })));
  });

  it.each([
    [[FILM, { ...FILM, prompt: 'x' }]],
    [[{ ...FILM, prompt: 'x' }, FILM]],
    [[FILM]],
    [[]],
    [[{ ...FILM, priority: 0 }]],
  ])('is another for other jobs: %j', async (jobs) => {
    const all = [
      [FILM, FILM],
      [FILM, { ...FILM, prompt: 'y' }],
      [FILM, FILM, FILM],
    ];
    const others = await Promise.all(all.map((other) => fingerprint(JSON.stringify({ jobs: other }))));
    expect(others).not.toContain(await fingerprint(JSON.stringify({ jobs })));
  });

  it('is not made where nobody asks for it', async () => {
    expect((await read(JSON.stringify({ jobs: [FILM] }))).sentBody.jobs).toBeNull();
  });
});
