import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { startSandbox, textsIn, toolsIn } from './sandbox-client.ts';

const GENERATION = [
  'call generate_video_with_seedance',
  'result generate_video_with_seedance',
  'call edit_multitrack',
  'result edit_multitrack',
  'call edit_multitrack',
  'result edit_multitrack',
];

it('makes a video in two stages, and reserves its cost meanwhile', async () => {
  const sandbox = await startSandbox({ credits: 130, speed: 400 });
  const user = await sandbox.user();
  const sid = await user.session();
  expect(await user.state(sid)).toEqual({ draft: {}, video_infos: [], generated_media: [] });

  const turn = user.say(sid, 'Make a video of a red fox in the snow at dawn');
  const reserved = await waitFor('the reservation', async () => {
    const credits = await user.credits();
    return credits.frozen > 0 && credits;
  });
  expect(reserved).toEqual({ available: 30, frozen: 100, total: 130 });

  const { frames, raw: wire, isWhole } = await turn;
  expect(isWhole).toBe(true);
  expect(toolsIn(frames)).toEqual(GENERATION);
  const drafts = frames.flatMap((frame) => frame.actions.stateDelta.draft ?? []);
  expect(drafts.map((draft) => draft.t.length)).toEqual([1, 2, 3]);
  expect(textsIn(frames).at(-1)).toContain('Click the Export button to download it.');
  for (const beat of [': heartbeat\n\n', 'data:\n\n', 'data: {"type":"heartbeat"}\n\n']) expect(wire).toContain(beat);
  expect(await user.credits()).toEqual({ available: 30, frozen: 0, total: 30 });

  const state = await user.state(sid);
  const src = `${sandbox.url}/files/gm_001.mp4`;
  expect(state.draft).toMatchObject({
    v: 3,
    d: 10_000,
    t: [
      { tt: 0, sg: [{ st: 0, d: 10_000, src, m: { title: 'Red fox in the snow' } }] },
      { tt: 1, sg: [{ st: 0, d: 10_000, vol: 0.35 }] },
      { tt: 7, sg: [{ st: 0, d: 3_000, text: 'Red fox in the snow' }] },
    ],
  });
  expect(state.generated_media).toMatchObject([{ media_id: 'gm_001', cdn_url: src }]);
  expect(state.canvas_config).toEqual({ width: 1080, height: 1920, ratio: '9:16' });
  expect(drafts.at(-1)).toEqual(state.draft);
  await waitFor('the analysis', async () => (await user.state(sid)).video_analyses);
});

it('edits the draft that is there, and answers questions for nothing', async () => {
  const sandbox = await startSandbox();
  const user = await sandbox.user();
  const sid = await user.session();
  expect(textsIn((await user.say(sid, 'How does this work?')).frames)).toHaveLength(1);
  expect(await user.credits()).toMatchObject({ total: 1000 });
  await user.say(sid, 'a fox');
  const { frames } = await user.say(sid, 'Put "Urban Dreams" on it');
  expect(toolsIn(frames)).toEqual(['call edit_multitrack', 'result edit_multitrack']);
  const { draft } = await user.state(sid);
  expect(draft.t.at(-1)).toEqual({ id: 'trk_t2', tt: 7, sg: [{ id: 'sg_t2', text: 'Urban Dreams', st: 0, d: 3_000 }] });
  expect(await user.credits()).toEqual({ available: 850, frozen: 0, total: 850 });
  expect(await sandbox.log()).toMatchObject({
    charged_total: 150,
    overlapping: 0,
    messages: [{ charged: 0 }, { charged: 100 }, { charged: 50, text: 'Put "Urban Dreams" on it', status: 'done' }],
  });
});

it('refuses a turn that the balance does not cover', async () => {
  const sandbox = await startSandbox({ credits: 99 });
  const user = await sandbox.user();
  const heard = await user.say(await user.session(), 'a fox');
  expect(heard.status).toBe(200);
  expect(JSON.parse(heard.raw)).toMatchObject({ code: 2001 });
  expect((await sandbox.log()).messages).toMatchObject([{ status: 'refused', charged: 0 }]);
});

it('runs two turns of a session at once, and loses an update', async () => {
  const sandbox = await startSandbox({ speed: 500 });
  const user = await sandbox.user();
  const sid = await user.session();
  await Promise.all([user.say(sid, 'a fox'), user.say(sid, 'a hare')]);
  expect((await user.state(sid)).generated_media).toHaveLength(1);
  expect(await sandbox.log()).toMatchObject({ overlapping: 1, charged_total: 200 });
});

describe('when the client disconnects', () => {
  const disconnected = async (text: string, speed: number) => {
    const sandbox = await startSandbox({ speed });
    const user = await sandbox.user();
    const sid = await user.session();
    const controller = new AbortController();
    const turn = user.say(sid, text, { signal: controller.signal });
    turn.catch(() => undefined);
    await waitFor('the reservation', async () => (await user.credits()).frozen === 100);
    controller.abort();
    await waitFor('the end of the run', async () => (await user.credits()).frozen === 0);
    return { state: await user.state(sid), log: await sandbox.log() };
  };

  it('the run goes on', async () => {
    const { state, log } = await disconnected('a fox', 300);
    expect(state.draft.t).toHaveLength(3);
    expect(log.messages).toMatchObject([{ status: 'cut', charged: 100 }]);
  });

  it('the run is canceled at once in the story cut-cancel', async () => {
    // So slow that the first step alone takes 18 s or more.
    const begin = performance.now();
    const { state, log } = await disconnected('a fox #cut-cancel', 0.1);
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(state.draft).toEqual({});
    expect(log.messages).toMatchObject([{ status: 'cut', charged: 0 }]);
  });
});

describe('the dialects', () => {
  it('typed: events with a type, nothing of the state', async () => {
    const sandbox = await startSandbox({ dialect: 'typed' });
    const user = await sandbox.user();
    const { frames } = await user.say(await user.session(), 'a fox');
    expect(frames.map(({ type }) => type)).toEqual([
      'text',
      'tool_call',
      'tool_result',
      'text',
      'tool_call',
      'tool_result',
      'tool_call',
      'tool_result',
      'text',
    ]);
    expect(frames[1]).toEqual({ type: 'tool_call', name: 'generate_video_with_seedance', args: expect.anything() });
  });

  it.each([
    ['#streaming', undefined],
    ['', true as const],
  ])('adk with partial texts (marker "%s", body %s)', async (marker, streaming) => {
    const sandbox = await startSandbox();
    const user = await sandbox.user();
    const { frames } = await user.say(await user.session(), `who are you ${marker}?`, streaming ? { streaming } : {});
    const partial = frames.filter((frame) => frame.partial === true);
    expect(partial.length).toBeGreaterThan(1);
    expect(textsIn(partial).join('')).toBe(textsIn(frames).at(-1));
    expect(frames.at(-1).partial).toBe(false);
  });

  it('#typed chooses for one turn, and no marker gets into a title', async () => {
    const sandbox = await startSandbox();
    const user = await sandbox.user();
    const sid = await user.session();
    const { frames } = await user.say(sid, '#typed a #fox #ok runs');
    expect(frames[0].type).toBe('text');
    expect((await user.state(sid)).draft.m).toMatchObject({ title: 'A #fox runs', prompt: 'a #fox runs' });
  });
});
