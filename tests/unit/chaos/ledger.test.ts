import { describe, expect, it } from 'vitest';
import { type Ledger, oddRows } from '../../chaos/ledger.ts';

const DONE = { id: 'job_1', n: '1', type: 'generate', status: 'succeeded', charged: 'yes', cost: 100 };
const REFUSED = { n: '1', status: 'refused', refusal: { status: 429, code: 429 }, charged: 0 };
const TAKEN = { n: '1', status: 'done', refusal: null, charged: 100 };

/** One job that was refused once, sent, rendered twice for a failure, and told of twice under one id. */
function balanced(): Ledger {
  return {
    submissions: [{ n: '1', jobId: 'job_1' }],
    jobs: [{ ...DONE, certainty: 'exact', turnState: 'done' }],
    sends: [{ ...REFUSED }, { ...TAKEN }],
    renders: [
      { id: 'render_1', jobId: 'job_1', state: 'failed' },
      { id: 'render_2', jobId: 'job_1', state: 'completed' },
      { id: 'render_3', jobId: 'job_1', state: 'planned' },
    ],
    upstreamRenders: [
      { id: 'render_1', accepted: true, status: 'failed' },
      { id: 'render_2', accepted: true, status: 'completed' },
      { id: 'render_3', accepted: false, status: 'refused' },
    ],
    upstreamUploads: [
      { session: '1', filename: 'a.png' },
      { session: '2', filename: 'a.png' },
    ],
    events: [{ id: 'evt_1', jobId: 'job_1', type: 'job.succeeded' }],
    messages: [{ id: 'msg_1', eventId: 'evt_1', status: 'delivered' }],
    heard: [
      { webhookId: 'msg_1', type: 'job.succeeded', jobId: 'job_1' },
      { webhookId: 'msg_1', type: 'job.succeeded', jobId: 'job_1' },
    ],
  };
}

const job = (change: Partial<Ledger['jobs'][number]>) => (ledger: Ledger) => {
  Object.assign(ledger.jobs[0] ?? {}, change);
};
const render = (index: number, change: Partial<Ledger['upstreamRenders'][number]>) => (ledger: Ledger) => {
  Object.assign(ledger.upstreamRenders[index] ?? {}, change);
};

describe('the ledger of a chaos run', () => {
  it('has no odd rows when all sides agree', () => {
    expect(oddRows(balanced())).toEqual([]);
  });

  it.each<[string, string[], (ledger: Ledger) => unknown]>([
    [
      'an accepted job that is missing',
      ['accepted_once'],
      (ledger) => ledger.submissions.push({ n: '3', jobId: 'job_3' }),
    ],
    [
      'a wish that became two jobs',
      ['accepted_once', 'charged_as_told', 'ended_once', 'told_once'],
      (ledger) => ledger.jobs.push({ ...DONE, id: 'job_2', cost: 0, certainty: 'exact', turnState: 'done' }),
    ],
    ['a job that nobody has submitted', ['accepted_once'], (ledger) => ledger.submissions.shift()],
    ['a job that has not ended', ['ended', 'ended_once', 'told_once'], job({ status: 'running' })],
    ['a message that was taken twice', ['sent_once', 'charged_as_told'], (ledger) => ledger.sends.push(TAKEN)],
    [
      'a message that was sent again after a 502',
      ['sent_once'],
      (ledger) => Object.assign(ledger.sends[0] ?? {}, { refusal: { status: 502, code: null } }),
    ],
    [
      'a message that was sent again after a reset',
      ['sent_once'],
      (ledger) => Object.assign(ledger.sends[0] ?? {}, { refusal: null }),
    ],
    [
      'a message that was sent again after a 200 without an error',
      ['sent_once'],
      (ledger) => Object.assign(ledger.sends[0] ?? {}, { refusal: { status: 200, code: 0 } }),
    ],
    ['a message of no job', ['sent_as_told'], (ledger) => ledger.sends.push({ ...TAKEN, n: '9' })],
    ['a message that we deny', ['sent_as_told'], job({ turnState: 'unsent' })],
    ['a success without a message', ['sent_as_told', 'charged_as_told'], (ledger) => ledger.sends.pop()],
    ['a charge that we deny', ['charged_as_told'], job({ charged: 'no', certainty: 'none', cost: 0 })],
    ['a charge that we made up', ['charged_as_told'], (ledger) => Object.assign(ledger.sends[1] ?? {}, { charged: 0 })],
    ['an exact cost that is another', ['charged_as_told'], job({ cost: 50 })],
    ['a bound that was passed', ['charged_as_told'], job({ charged: 'unknown', certainty: 'bounded', cost: 99 })],
    ['two good renders of one job', ['rendered_once'], render(0, { status: 'completed' })],
    [
      'three renders of one job',
      ['rendered_once', 'no_forgotten_render'],
      render(2, { accepted: true, status: 'failed' }),
    ],
    [
      'a render that we do not know',
      ['no_forgotten_render'],
      (ledger) => ledger.upstreamRenders.push({ id: 'render_9', accepted: true, status: 'processing' }),
    ],
    ['a render that goes on after we have done with it', ['no_forgotten_render'], render(1, { status: 'processing' })],
    [
      'a file that was uploaded twice',
      ['uploaded_once'],
      (ledger) => ledger.upstreamUploads.push({ session: '1', filename: 'a.png' }),
    ],
    [
      'a second end',
      ['ended_once', 'told_once'],
      (ledger) => {
        ledger.events.push({ id: 'evt_2', jobId: 'job_1', type: 'job.failed' });
        ledger.messages.push({ id: 'msg_2', eventId: 'evt_2', status: 'delivered' });
      },
    ],
    ['an end that is not the status', ['ended_once', 'told_once'], job({ status: 'failed' })],
    ['an end without a message', ['told_once'], (ledger) => ledger.messages.pop()],
    ['an end that nobody heard', ['told_once'], (ledger) => ledger.heard.splice(0)],
    [
      'an end that was told under two ids',
      ['told_once'],
      (ledger) => ledger.heard.push({ webhookId: 'msg_7', type: 'job.succeeded', jobId: 'job_1' }),
    ],
  ])('finds %s', (_what, rules, spoil) => {
    const ledger = balanced();
    spoil(ledger);
    expect([...new Set(oddRows(ledger).map(({ rule }) => rule))].toSorted()).toEqual(rules.toSorted());
  });

  it('lets a canceled job have no render upstream that goes on', () => {
    const ledger = balanced();
    job({ status: 'canceled' })(ledger);
    render(1, { status: 'processing' })(ledger);
    Object.assign(ledger.renders[1] ?? {}, { state: 'submitted' });
    expect(oddRows(ledger)).toContainEqual(expect.objectContaining({ rule: 'no_forgotten_render', about: 'render_2' }));
  });
});
