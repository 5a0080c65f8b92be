import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { play } from './play.ts';
import { type Heard, payloadsIn, startSandbox, textsIn, toolsIn } from './sandbox-client.ts';

const lastOf = ({ frames }: Heard) => frames.at(-1);

describe.each(['silent', 'silent-usage', 'silent-stop', 'silent-empty', 'no-content'])('%s', (story) => {
  it.each([
    ['a generation', {}, 3, 100],
    ['an edit', { edit: true as const }, 1, 50],
  ])('%s is done without a word', async (_what, options, tracks, charged) => {
    const played = await play(story, options);
    expect(played.heard.isWhole).toBe(true);
    expect(textsIn(played.heard.frames).join('')).toBe('');
    expect([played.tracks, played.charged, played.message.status]).toEqual([tracks, charged, 'done']);
  });

  it('ends in its own shape', async () => {
    const last = lastOf((await play(story)).heard);
    expect({ error: last.errorCode, finish: last.finishReason, parts: last.content?.parts.length }).toEqual(
      {
        silent: { error: undefined, finish: undefined, parts: 1 },
        'silent-usage': { error: undefined, finish: 'STOP', parts: undefined },
        'silent-stop': { error: 'STOP', finish: 'STOP', parts: undefined },
        'silent-empty': { error: undefined, finish: 'STOP', parts: 1 },
        'no-content': { error: 'MODEL_RETURNED_NO_CONTENT', finish: 'STOP', parts: undefined },
      }[story],
    );
  });
});

describe('streams that break', () => {
  it('cut: the run goes on and writes the state later', async () => {
    const { heard, atClose, tracks, charged, message } = await play('cut', { speed: 300 });
    expect(heard.isWhole).toBe(false);
    expect(toolsIn(heard.frames)).toEqual(['call generate_video_with_seedance']);
    expect(atClose.draft).toEqual({});
    expect([tracks, charged, message.status]).toEqual([3, 100, 'cut']);
  });

  it('cut-lost: nothing ever happens', async () => {
    const { heard, tracks, charged, message } = await play('cut-lost');
    expect([heard.isWhole, heard.frames.length]).toEqual([false, 1]);
    expect([tracks, charged, message.status]).toEqual([0, 0, 'cut']);
  });

  it('cut-cancel: a generation leaves its raw clip', async () => {
    const { heard, tracks, charged } = await play('cut-cancel');
    expect([heard.isWhole, toolsIn(heard.frames).at(-1)]).toEqual([false, 'call edit_multitrack']);
    expect([tracks, charged]).toEqual([1, 100]);
  });

  it('cut-cancel: an edit leaves nothing', async () => {
    const { heard, tracks, charged } = await play('cut-cancel', { edit: true });
    expect([heard.isWhole, tracks, charged]).toEqual([false, 0, 0]);
  });
});

describe('long silences', () => {
  it('heartbeats: a normal end after them', async () => {
    const { heard, tracks, charged } = await play('heartbeats');
    expect(heard.raw.match(/heartbeat/g)?.length).toBeGreaterThan(20);
    expect(heard.raw.indexOf('heartbeat')).toBeLessThan(heard.raw.indexOf('invocationId'));
    expect([tracks, charged]).toEqual([3, 100]);
  });

  it('heartbeats-only: nothing else until the hard limit', async () => {
    const { heard, tracks, charged } = await play('heartbeats-only');
    expect([heard.frames.length, heard.isWhole, tracks, charged]).toEqual([0, true, 0, 0]);
    expect(heard.raw.match(/\n\n/g)?.length).toBe(59);
  });

  it('stall: not a byte for long, and then a normal end', async () => {
    const { heard, tracks, charged } = await play('stall');
    expect(payloadsIn(heard.raw)[0]).toContain('generate_video_with_seedance');
    expect([heard.isWhole, tracks, charged]).toEqual([true, 3, 100]);
  });

  it('stall: the run ends for nobody', async () => {
    const sandbox = await startSandbox({ speed: 400 });
    const user = await sandbox.user();
    const sid = await user.session();
    // In the middle of its eleven minutes of silence.
    const turn = user.say(sid, 'a hare #stall', { signal: AbortSignal.timeout(800) });
    expect(await turn).toMatchObject({ status: 200, raw: '', isWhole: false });
    await waitFor('the end of the run', async () => (await user.credits()).total === 900);
    expect((await user.state(sid)).draft.t).toHaveLength(3);
  });
});

describe('turns that change nothing and cost nothing', () => {
  type Case = [string, (heard: Heard) => void];
  it.each<Case>([
    ['error', ({ frames }) => expect(frames.map((frame) => frame.errorCode)).toEqual(['UNKNOWN_ERROR', undefined])],
    ['error-fatal', (heard) => expect(lastOf(heard)).toEqual({ error: expect.any(String) })],
    ['no-change', ({ frames }) => expect([toolsIn(frames).length, textsIn(frames)]).toEqual([2, []])],
    ['tool-error', ({ frames }) => expect([toolsIn(frames).length, textsIn(frames).length]).toEqual([2, 1])],
    ['text', ({ frames }) => expect([frames.length, textsIn(frames).length]).toEqual([1, 1])],
    ['empty-200', ({ status, raw, isWhole }) => expect([status, raw, isWhole]).toEqual([200, '', true])],
  ])('%s', async (story, check) => {
    const { heard, tracks, charged, message } = await play(story);
    check(heard);
    expect([tracks, charged]).toEqual([0, 0]);
    expect(message).toMatchObject({ story, status: 'done', charged: 0 });
  });
});

describe('answers in place of a stream', () => {
  it.each([
    ['no-credits', 200, '"code":2001'],
    ['html-500', 502, '<html>'],
    ['wrong-type', 200, '{"code":0}'],
    ['rate-limited', 429, '"code":429'],
  ])('%s', async (story, status, body) => {
    const { heard, tracks, charged, message } = await play(story);
    expect(heard.status).toBe(status);
    expect(heard.raw).toContain(body);
    expect([tracks, charged, message.status]).toEqual([0, 0, 'refused']);
  });

  it('rate-limited: once per text', async () => {
    const { user, sid, sandbox } = await play('rate-limited');
    expect((await user.say(sid, 'a hare #rate-limited')).status).toBe(200);
    expect((await user.say(sid, 'another #rate-limited')).status).toBe(429);
    const texts = (await sandbox.log()).messages.map(({ text }: { text: string }) => text);
    expect(texts).toEqual(['a hare #rate-limited', 'a hare #rate-limited', 'another #rate-limited']);
  });
});
