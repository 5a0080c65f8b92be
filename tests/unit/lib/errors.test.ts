import { describe, expect, it } from 'vitest';
import { validationFailed } from '../../../src/lib/errors.ts';

describe('a request with faults', () => {
  const noPrompt = { pointer: '/prompt', detail: 'Must say something.' };
  const badLimit = { pointer: '?limit', detail: 'Must be a whole number.' };
  const noBody = { pointer: '', detail: 'Send at least one file.' };

  it.each([
    ['one fault', [noPrompt], '/prompt: Must say something.'],
    ['a fault of the whole', [noBody], 'Send at least one file.'],
    ['more than one', [badLimit, noPrompt, noBody], '?limit: Must be a whole number. (and 2 more)'],
  ])('is told of %s', (_what, faults, detail) => {
    expect(validationFailed(faults)).toMatchObject({ code: 'validation_failed', message: detail, faults });
  });
});
