import { describe, expect, it } from 'vitest';
import { CreditsAnswer, RenderAnswer, SessionAnswer } from '../../../src/lib/nemo/answers.ts';

const URL = 'https://cdn.example/film.mp4';

describe('what the upstream says of a render', () => {
  it.each([
    [{ taskId: 'r', status: 'processing', progress: 41.6 }, 'processing', 42, null],
    [
      { id: 'r', status: 'completed', progress: 100, output: { url: URL, duration: 9, size: 3 } },
      'completed',
      100,
      URL,
    ],
    [{ status: 'completed', output: { url: '', duration: '30.5', size: '12' } }, 'completed', null, null],
    [{ status: 'completed', output: { url: '' }, outputUrl: URL }, 'completed', null, URL],
    [{ status: 'completed', output: '' }, 'completed', null, null],
    [{ status: 'failed', progress: null, output: null, error: 'no memory' }, 'failed', null, null],
    [{ success: true, data: { id: 'r', status: 'pending', progress: 0, outputUrl: null } }, 'pending', 0, null],
    [{ success: true, data: { status: 'failed', outputUrl: '' } }, 'failed', null, null],
    [{ success: true, data: { status: 'completed', progress: '100', outputUrl: URL } }, 'completed', 100, URL],
    [{ success: true, data: { status: 'COMPLETED', progress: 'all', outputUrl: ` ${URL} ` } }, 'completed', null, URL],
    [{ success: true, data: { status: 'queued', progress: 400 } }, 'processing', 100, null],
  ])('%j: %s', (answer, status, percent, url) => {
    expect(RenderAnswer.parse(answer)).toEqual({ status, percent, url });
  });

  it.each([[{ success: true }], [{ success: true, data: null, status: 'failed' }], [{ status: 7 }], [[]], [null]])(
    '%j tells nothing',
    (answer) => {
      expect(RenderAnswer.safeParse(answer).success).toBe(false);
    },
  );
});

it('ids are texts or numbers, and an empty one that may be missing is missing', () => {
  const session = { session_id: 1234567890, task_id: '', user_id: undefined };
  expect(SessionAnswer.parse(session)).toEqual({ session_id: '1234567890', task_id: null, user_id: null });
  expect(SessionAnswer.safeParse({ session_id: '' }).success).toBe(false);
});

it.each([
  [
    { available: 90.5, frozen: 10 },
    { available: 90, frozen: 10, total: 100 },
  ],
  [
    { available: 90, total: 95.9 },
    { available: 90, frozen: 0, total: 95 },
  ],
  [{ available: -1 }, { available: -1, frozen: 0, total: -1 }],
  [{ available: 2_147_483_647 }, { available: 2_147_483_647, frozen: 0, total: 2_147_483_647 }],
  [{ available: 2_147_483_648 }, undefined],
  [{ available: 1, frozen: 1e300 }, undefined],
])('credits of %j are read as %j', (answer, credits) => {
  expect(CreditsAnswer.safeParse(answer).data).toEqual(credits);
});
