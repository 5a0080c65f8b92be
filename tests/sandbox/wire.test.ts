import { describe, expect, it } from 'vitest';
import { play } from './play.ts';
import { type Heard, type Loose, payloadsIn, startSandbox, textsIn } from './sandbox-client.ts';

const ODD = '红狐在雪地里。 line\u2028paragraph\u2029next\u0085mark\ufeffend, 🦊 data: {"type":"error"} 完成';

/** The same generation, told plainly and told otherwise. */
async function told(markers: string) {
  const [plain, other] = await Promise.all([play('ok'), play(markers)]);
  expect([other.tracks, other.charged]).toEqual([plain.tracks, plain.charged]);
  return { plain: plain.heard, other: other.heard };
}

/** What was said and done, without ids and times. */
const gist = ({ frames }: Heard) => frames.map((frame) => [textsIn([frame]), Object.keys(frame)]);

describe('the switches change how events are written, not what they say', () => {
  it.each<[string, (raw: string) => void]>([
    ['crlf', (raw) => expect(raw.replaceAll('\r\n', '')).not.toContain('\n')],
    ['no-space', (raw) => expect(raw).toMatch(/^data:\{/)],
    ['multi-line', (raw) => expect(raw).toMatch(/^data: \{\ndata: {3}"invocationId"/)],
  ])('#%s', async (marker, check) => {
    const { plain, other } = await told(marker);
    check(other.raw.replace(/^(?:(?:: heartbeat|data:)\r?\n\r?\n)+/, ''));
    expect(gist(other)).toEqual(gist(plain));
  });

  it('#split: pieces of a few bytes, which end inside characters', async () => {
    const { plain, other } = await told('split #unicode');
    // Two of them may arrive together.
    expect(other.pieces.length).toBeGreaterThan(other.raw.length / 14);
    expect(other.pieces.some((piece) => !isText(piece))).toBe(true);
    expect(gist(other).slice(0, -1)).toEqual(gist(plain).slice(0, -1));
    expect(textsIn(other.frames).at(-1)).toBe(ODD);
  });

  it('#snake: the keys of the envelope, and nothing below them', async () => {
    const { frames } = (await play('snake')).heard;
    const [call, result] = frames;
    expect(Object.keys(call)).toContain('invocation_id');
    expect(call.content.parts[1].function_call.args).toEqual({ prompt: 'a hare', duration_s: 10 });
    expect(result.content.parts[0].function_response.response).toMatchObject({ status: 'success' });
    expect(Object.keys(result.actions)).toEqual([
      'state_delta',
      'artifact_delta',
      'requested_auth_configs',
      'requested_tool_confirmations',
    ]);
    expect(result.actions.state_delta.draft.t).toHaveLength(1);
    expect(frames.at(-1)).toMatchObject({ finish_reason: 'STOP', usage_metadata: { total_token_count: 46 } });
  });

  it('work together, in the other dialect too', async () => {
    const { heard } = await play('typed #crlf #no-space #multi-line #split');
    expect(heard.raw).toContain('data:  "type": "tool_call",\r\n');
    expect(heard.frames.map(({ type }) => type)).toContain('tool_result');
  });
});

describe('what is hard to read', () => {
  it('unicode: raw in the data lines, and half a fox in each of two chunks', async () => {
    const { heard } = await play('unicode #streaming');
    expect(heard.raw).toContain(ODD.replaceAll('"', '\\"'));
    const halves = heard.frames.filter((frame) => frame.partial && /\p{Surrogate}/u.test(textsIn([frame]).join('')));
    expect(halves.map((frame) => textsIn([frame]).join('')).join('')).toBe(ODD);
    expect(heard.raw).toContain('\\ud83e"');
  });

  it('big: one event of a megabyte', async () => {
    const sizes = payloadsIn((await play('big')).heard.raw).map((payload) => payload.length);
    expect(sizes.filter((size) => size > 1_000_000)).toHaveLength(1);
  });

  it.each(['', '#streaming'])('thought: before the answer and beside it %s', async (marker) => {
    const { heard, tracks } = await play(`thought ${marker}`);
    const thoughts = (frames: Loose[]) =>
      frames.map((frame) => (frame.content?.parts ?? []).map((part: Loose) => part.thought === true));
    const finals = heard.frames.filter((frame) => !frame.partial);
    expect(thoughts(finals)[0]).toEqual([true]);
    expect(thoughts(finals).at(-1)).toEqual([true, false]);
    expect(
      thoughts(heard.frames.filter((frame) => frame.partial))
        .flat()
        .includes(true),
    ).toBe(marker !== '');
    expect(tracks).toBe(3);
  });

  it('apology: after a whole answer', async () => {
    const { heard, tracks, charged } = await play('apology');
    expect(textsIn(heard.frames).slice(-2)).toEqual([
      expect.stringContaining('Your video is ready'),
      expect.stringContaining('temporary issue'),
    ]);
    expect([tracks, charged]).toEqual([3, 100]);
  });
});

it('a standing story is no switch', async () => {
  expect((await (await startSandbox()).put('story', { story: 'crlf' })).status).toBe(400);
});

function isText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
