import { describe, expect, it } from 'vitest';
import type { TurnEnd } from '../../../src/lib/domain/job.ts';
import { readSessionState } from '../../../src/lib/domain/session-state.ts';
import { decideTurn } from '../../../src/lib/domain/turn-outcome.ts';
import { foldPayloads } from './recordings.ts';

const before = readSessionState({ draft: { t: [], v: 1 } });
const after = readSessionState({ draft: { t: [{ tt: 7, sg: [{ text: 'Hi', d: 3000 }] }], v: 2 } });
const TEXT = '{"author":"a","content":{"parts":[{"text":"Here it is."}]}}';
const DRAFT = '{"author":"a","partial":true,"content":{"parts":[{"text":"Here it"}]}}';
const SORRY = '{"author":"a","content":{"parts":[{"text":"I encountered a temporary issue."}]}}';
const TOOL = '{"author":"a","content":{"parts":[{"functionResponse":{"name":"edit","response":{}}}]}}';
const ERROR = '{"author":"a","errorCode":"UNAVAILABLE","errorMessage":"overloaded"}';
const CUT = '{"author":"a","errorCode":"MAX_TOKENS","content":{"parts":[{"text":"Here it"}]}}';
const SILENT = '{"author":"a","errorCode":"STOP"}';
const FATAL = '{"error":"boom"}';
const ENDS: TurnEnd[] = ['closed', 'lost', 'idle_timeout', 'total_timeout'];

const decide = (payloads: string[] | null, end: TurnEnd, state = before) =>
  decideTurn({ fold: payloads && foldPayloads(payloads), end, before, after: state });

describe('a turn that changed the state', () => {
  it.each<[string, string[] | null]>([
    ['without a frame', []],
    ['of which nothing was heard', null],
    ['with an error', [ERROR]],
    ['with a fatal error', [TOOL, FATAL]],
    ['with unreadable frames', ['what?']],
    ['in silence', [TOOL, SILENT]],
  ])('is done %s, however its stream ended', (_what, payloads) => {
    for (const end of ENDS) {
      expect(decide(payloads, end, after)).toEqual({
        kind: 'done',
        text: '',
        changes: [{ op: 'add', track: 'text', title: 'Hi', detail: '0-3s' }],
        silent: true,
        incomplete: false,
      });
    }
  });

  it('is not silent when it has words, and says when they break off', () => {
    expect(decide([TOOL, TEXT], 'closed', after)).toMatchObject({
      text: 'Here it is.',
      silent: false,
      incomplete: false,
    });
    expect(decide([TOOL, DRAFT], 'lost', after)).toMatchObject({ text: 'Here it', silent: false, incomplete: true });
  });
});

describe('a turn that changed nothing and closed', () => {
  it.each<[string, string[], object]>([
    ['is an answer when it has text', [TEXT], { kind: 'done', text: 'Here it is.', changes: [], incomplete: false }],
    ['is an answer when its text breaks off', [DRAFT], { kind: 'done', text: 'Here it', incomplete: true }],
    ['is an answer when an error was followed by one', [ERROR, TEXT], { kind: 'done', text: 'Here it is.' }],
    ['is an answer when the error came with the text', [CUT], { kind: 'done', text: 'Here it', incomplete: true }],
    [
      'has failed when an error followed the text',
      [TEXT, ERROR],
      { code: 'agent_error', detail: 'UNAVAILABLE: overloaded' },
    ],
    ['has failed when an error was all there was', [ERROR], { code: 'agent_error' }],
    ['has failed when only an apology followed the error', [ERROR, SORRY], { code: 'agent_error' }],
    ['has failed when the error broke off a draft', [DRAFT, ERROR], { code: 'agent_error' }],
    ['has failed when it died', [TEXT, FATAL], { code: 'agent_error', detail: 'boom' }],
    ['has failed when an error was followed by silence', [ERROR, TOOL, SILENT], { code: 'agent_error' }],
    ['has failed when it was silent', [TOOL, SILENT], { code: 'no_change' }],
    ['has failed when it only showed usage', ['{"author":"a","usageMetadata":{}}'], { code: 'no_change' }],
    ['is undecided without a frame', [], { kind: 'undecided' }],
    ['is undecided with heartbeats only', ['', '{"type":"heartbeat"}'], { kind: 'undecided' }],
    ['is undecided when no frame could be read', ['what?', '[1]'], { kind: 'undecided' }],
  ])('%s', (_what, payloads, outcome) => {
    expect(decide(payloads, 'closed')).toMatchObject(outcome);
  });
});

describe('a turn that changed nothing and did not close', () => {
  it.each<[string, string[] | null]>([
    ['in silence', [TOOL, SILENT]],
    ['after an error', [ERROR]],
    ['after a whole answer: the agent may be at work yet', [TEXT]],
    ['without a frame', []],
    ['unheard', null],
  ])('is undecided %s', (_what, payloads) => {
    for (const end of ['lost', 'idle_timeout', 'total_timeout'] as const) {
      expect(decide(payloads, end)).toEqual({ kind: 'undecided' });
    }
  });

  it('has failed when a fatal frame ended the run before the connection', () => {
    expect(decide([TEXT, FATAL], 'lost')).toMatchObject({ kind: 'failed', code: 'agent_error' });
  });
});
