import { describe, expect, it } from 'vitest';
import { play } from './play.ts';
import { type Heard, payloadsIn, textsIn } from './sandbox-client.ts';

const lastIn = ({ raw }: Heard) => payloadsIn(raw).at(-1);

describe('a run that dies changes nothing and costs nothing', () => {
  it.each<[string, (heard: Heard) => void]>([
    ['error-broken', (heard) => expect(lastIn(heard)).toBe('{"error": "it said "no""}')],
    ['error-empty', (heard) => expect([textsIn(heard.frames).length, lastIn(heard)]).toEqual([1, '{}'])],
    [
      'error-system',
      ({ frames }) =>
        expect([frames[0].author, textsIn(frames)]).toEqual(['system', ['Error: the model is overloaded']]),
    ],
    [
      'error-mid-text',
      ({ frames }) => {
        expect(frames.map(({ partial, errorCode }) => partial ?? errorCode)).toEqual([true, true, 'UNAVAILABLE']);
        expect(textsIn(frames).join('')).toMatch(/^I will start with a wide/);
      },
    ],
  ])('%s', async (story, check) => {
    const { heard, tracks, charged, message } = await play(story);
    check(heard);
    expect([heard.status, heard.isWhole, tracks, charged]).toEqual([200, true, 0, 0]);
    expect(message).toMatchObject({ story, status: 'done', charged: 0 });
  });

  it.each([
    ['error-broken', '{"error": "it said "no""}'],
    ['error-empty', '{}'],
    ['error-system', '{"type":"error","error":"the model is overloaded"}'],
    ['error-mid-text', '{"type":"error","message":"UNAVAILABLE: the model is overloaded"}'],
  ])('%s in the other dialect', async (story, last) => {
    expect(lastIn((await play(`${story} #typed`)).heard)).toBe(last);
  });
});
