import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import type { Client } from '../support/client.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTenant } from '../support/tenants.ts';

type Row = {
  /** What the upstream plays (docs/sandbox.md). */
  story: string;
  says: string;
  /** What the client is told. */
  job: Partial<Record<keyof JobView, unknown>> & { status: string };
  /** What became of each message that came to the upstream; most are sent once and done. */
  sent?: string[];
  /** What became of each render; every one is submitted once. None: no export is asked for. */
  renders?: string[];
};

const SUBJECT = 'A lighthouse in the fog';
const TEXT = [
  'Generating your video now, this takes a while.',
  'The raw video is ready, adding music and a title.',
  `Your video is ready: ${SUBJECT} (10s), with music and a title.`,
].join('\n\n');
const ODD = '红狐在雪地里。 line\u2028paragraph\u2029next\u0085mark\ufeffend, 🦊 data: {"type":"error"} 完成';
const CLIP = { op: 'add', track: 'video' };
const CHANGES = [CLIP, { op: 'add', track: 'audio' }, { op: 'add', track: 'text' }];

const cost = (charged: number | null, certainty = 'exact') => ({ charged, certainty });
const made = (text: unknown = TEXT, changes: unknown[] = CHANGES): Row['job'] => ({
  status: 'succeeded',
  charged: 'yes',
  error: null,
  cost: cost(100),
  result: { text, changes },
});
const answered = (text: unknown): Row['job'] => ({
  status: 'succeeded',
  charged: 'no',
  error: null,
  cost: cost(0),
  result: { text, changes: [] },
});
const failed = (code: string): Row['job'] => ({
  status: 'failed',
  charged: 'no',
  error: { code },
  cost: cost(0),
  result: null,
});
/** Nothing was taken, so nothing can have been charged. */
const refused = (error: { code: string; [more: string]: unknown }): Row['job'] => ({
  status: 'failed',
  phase: 'converse',
  charged: 'no',
  error,
  cost: cost(0, 'none'),
  result: null,
});
const rendered = { ...made(), phase: 'verify' };
const unrendered = (code: string): Row['job'] => ({ ...made(), status: 'failed', phase: 'render', error: { code } });

const STREAMS: Row[] = [
  { story: '#typed', says: 'the early dialect', job: made() },
  { story: '#streaming', says: 'texts in pieces and then whole', job: made() },
  { story: '#crlf', says: 'lines that end in CRLF', job: made() },
  { story: '#no-space', says: 'data without a space', job: made() },
  { story: '#multi-line', says: 'events of many lines', job: made() },
  { story: '#split', says: 'a few bytes at a time', job: made() },
  { story: '#snake', says: 'snake_case', job: { ...made(), progress: { message: 'edit_multitrack' } } },
  { story: '#typed #crlf #no-space #multi-line #split', says: 'all of these', job: made() },
  { story: '#thought #streaming', says: 'what it thinks', job: made() },
  { story: '#unicode #split', says: 'characters like line ends', job: made(expect.stringContaining(ODD)) },
  { story: '#unicode #streaming', says: 'half characters', job: made(expect.stringContaining(ODD)) },
  { story: '#big', says: 'a megabyte at once', job: made() },
  { story: '#apology', says: 'sorry for nothing', job: made() },
  { story: '#silent', says: 'nothing', job: made('') },
  { story: '#silent-usage', says: 'nothing but numbers', job: made('') },
  { story: '#silent-stop', says: 'nothing and STOP', job: made('') },
  { story: '#silent-empty', says: 'an empty text', job: made('') },
  { story: '#no-content', says: 'nothing, as an error', job: made('') },
  { story: '#heartbeats', says: 'only heartbeats for a while', job: made() },
  { story: '#cut', says: 'half of it, and the run goes on', job: made(expect.any(String)), sent: ['cut'] },
  {
    story: '#cut-cancel',
    says: 'half of it, and that is all',
    job: made(expect.any(String), [CLIP]),
    sent: ['cut'],
  },
  { story: '#cut-lost', says: 'no more after a while', job: failed('outcome_unknown'), sent: ['cut'] },
];

const ANSWERS: Row[] = [
  { story: '#error', says: 'an error and then words', job: answered(expect.stringMatching(/^I could not reach/)) },
  { story: '#tool-error', says: 'that a tool failed', job: answered(expect.stringMatching(/^I found no music/)) },
  { story: '#text', says: 'words only', job: answered(expect.stringMatching(/^There is no video yet/)) },
  { story: '#error-fatal', says: 'a fatal frame', job: failed('agent_error') },
  { story: '#error-broken', says: 'a fatal frame that is broken', job: failed('agent_error') },
  { story: '#error-empty', says: 'a fatal frame that is empty', job: failed('agent_error') },
  { story: '#error-system', says: 'a fatal error as an answer', job: failed('agent_error') },
  { story: '#error-mid-text', says: 'half a text and then an error', job: failed('agent_error') },
  { story: '#error-mid-text #snake', says: 'the same in snake_case', job: failed('agent_error') },
  { story: '#error-fatal #typed', says: 'an error in the early dialect', job: failed('agent_error') },
  { story: '#no-change', says: 'nothing and does nothing', job: failed('no_change') },
  { story: '#silent-stop why?', says: 'nothing and STOP, and does nothing', job: failed('no_change') },
  { story: '#no-content why?', says: 'nothing as an error, and does nothing', job: failed('no_change') },
  { story: '#empty-200', says: 'not even an event', job: failed('outcome_unknown') },
  { story: '#html-500', says: '502', job: failed('outcome_unknown'), sent: ['refused'] },
  { story: '#wrong-type', says: 'success without a stream', job: failed('outcome_unknown'), sent: ['refused'] },
  {
    story: '#no-credits',
    says: '2001',
    job: refused({
      code: 'credits_exhausted',
      action: { kind: 'register', url: expect.stringMatching(/\/register\?bind=anon_/) },
      upstream: { status: 200, code: 2001 },
      retryable: false,
    }),
    sent: ['refused'],
  },
  { story: '#rate-limited', says: '429 once', job: made(), sent: ['refused', 'done'] },
  { story: '#session-gone', says: '1002 in a new session', job: made(), sent: ['refused', 'done'] },
  { story: '#token-expired', says: '1001 once', job: made(), sent: ['refused', 'done'] },
];

const TITLE = { op: 'add', track: 'text' };
const edited = (text: unknown): Row['job'] => ({ ...made(text, [TITLE]), cost: cost(50) });

/** Each in the session of a video that is there. */
const EDITS: Row[] = [
  { story: '#ok', says: 'that it is done', job: edited(expect.stringMatching(/^I have added the title/)) },
  { story: '#silent', says: 'nothing', job: edited('') },
  { story: '#silent-stop', says: 'nothing and STOP', job: edited('') },
  { story: '#no-content', says: 'nothing, as an error', job: edited('') },
  { story: '#cut', says: 'half of it, and the run goes on', job: edited(''), sent: ['cut'] },
  { story: '#cut-cancel', says: 'half of it, and does nothing', job: failed('outcome_unknown'), sent: ['cut'] },
  { story: '#tool-error', says: 'that a tool failed', job: answered(expect.stringMatching(/^I found no music/)) },
  { story: '#session-gone', says: '1002', job: refused({ code: 'session_not_found' }), sent: ['refused'] },
];

const EXPORTS: Row[] = [
  { story: '#ok', says: 'all is well', job: rendered, renders: ['completed'] },
  { story: '#official-render', says: 'the other shape', job: rendered, renders: ['completed'] },
  { story: '#render-fails-once', says: 'failed, once', job: rendered, renders: ['failed', 'completed'] },
  { story: '#render-fails', says: 'failed', job: unrendered('render_failed'), renders: ['failed', 'failed'] },
  { story: '#render-slow', says: 'processing for long', job: rendered, renders: ['completed'] },
  { story: '#render-duplicate', says: 'duplicate, once', job: rendered, renders: ['refused', 'completed'] },
  { story: '#render-lost-answer', says: 'nothing, and takes it', job: rendered, renders: ['completed'] },
  { story: '#render-forgotten', says: 'unknown, once', job: rendered, renders: ['completed'] },
  { story: '#export-402', says: '402', job: unrendered('export_blocked'), renders: ['refused'] },
];

/** For a service that has little patience: as with ten minutes at real speed, but two seconds. */
const TIME_OUTS: Row[] = [
  { story: '#heartbeats-only', says: 'only heartbeats', job: failed('stream_timeout'), sent: ['cut'] },
  { story: '#stall', says: 'nothing for long, and the run goes on', job: made(''), sent: ['cut'] },
  { story: '#render-stuck', says: 'processing for ever', job: unrendered('render_timeout'), renders: ['processing'] },
];
const IMPATIENT = { SSE_IDLE_TIMEOUT: '2s', SSE_TOTAL_TIMEOUT: '8s', RENDER_TIMEOUT: '2s' };

/** At the pace of `npm run try`: the balance is read within two seconds, and right only after one. */
const BALANCES: Row[] = [{ story: '#credits-slow', says: 'the cost later', job: made() }];

const played = new Map<Row, { service: TestService; client: Client; prompt: string; id: string }>();
let service: TestService;
let impatient: TestService;
let slow: TestService;

/** All at once: each has a tenant, and so an account, of its own. */
beforeAll(async () => {
  const sandbox = { ipTokenCap: 1_000 };
  [service, impatient, slow] = await Promise.all([
    startService({ sandbox }),
    startService({ sandbox, env: IMPATIENT }),
    startService({ sandbox: { speed: 20 } }),
  ]);
  await Promise.all([
    ...[...STREAMS, ...ANSWERS, ...EXPORTS].map((row) => play(row, service)),
    ...EDITS.map((row) => play(row, service, 'A video to edit')),
    ...TIME_OUTS.map((row) => play(row, impatient)),
    ...BALANCES.map((row) => play(row, slow)),
  ]);
});

afterAll(() => Promise.all([service, impatient, slow].map((each) => each?.stop())));

async function play(row: Row, on: TestService, after?: string): Promise<void> {
  const client = await createTenant(on);
  const first = after === undefined ? null : await client.submit({ type: 'generate', prompt: after });
  const prompt = `${first ? 'A title' : SUBJECT} ${row.story}`;
  const session = first ? { session_id: first.session_id } : {};
  const options = row.renders ? { export: true } : {};
  const { id } = await client.submit({ type: 'generate', prompt, ...session, ...options });
  played.set(row, { service: on, client, prompt, id });
}

const found = (row: Row | undefined) => {
  const run = row && played.get(row);
  if (!run) throw new Error('not played');
  return run;
};

describe.each([
  ['a stream', STREAMS],
  ['an answer', ANSWERS],
  ['an edit', EDITS],
  ['a render', EXPORTS],
  ['a time-out', TIME_OUTS],
  ['a balance', BALANCES],
])('%s', (_what, rows) => {
  it.each(rows)('where the upstream says $says ($story), once', async (row) => {
    const run = found(row);
    expect(await run.client.ended(run.id, 40_000)).toMatchObject(row.job);
    const { messages, renders } = await run.service.sandbox.log();
    const sent = messages.filter(({ text }) => text === run.prompt);
    expect(sent.map(({ status }) => status)).toEqual(row.sent ?? ['done']);
    // Renders know no prompts, but sessions.
    const sessions = new Set(sent.map((message) => message.session_id));
    const submitted = renders.filter(({ session_id }) => sessions.has(session_id));
    expect(submitted.map(({ status }) => status)).toEqual(row.renders ?? []);
    for (const { submits } of submitted) expect(submits).toBe(1);
  });
});

it('a render that fails once gets a second id for the same draft', async () => {
  const { id, client } = found(EXPORTS.find(({ story }) => story === '#render-fails-once'));
  const job = await client.ended(id);
  const renders = await service.database.sql<{ id: string; state: string; draft: string }>(
    'SELECT id, state, draft::text FROM render WHERE job_id = $1 ORDER BY number',
    [id],
  );
  expect(renders.map((render) => render.state)).toEqual(['failed', 'completed']);
  expect(renders[0]?.draft).toBe(renders[1]?.draft);
  expect(job.result?.output?.render_id).toBe(renders[1]?.id);
});

it('in all of it every call had its headers, and no session two turns at once', async () => {
  for (const { sandbox } of [service, impatient, slow]) {
    expect(await sandbox.log()).toMatchObject({ missing_headers: [], overlapping: 0 });
  }
});
