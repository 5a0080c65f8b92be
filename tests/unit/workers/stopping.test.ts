import { expect, it, vi } from 'vitest';
import { createStopping } from '../../../src/workers/stopping.ts';

it('aborts all that work when the process stops, with its reason, and who begins afterwards', () => {
  const stopping = createStopping();
  const [works, left, late] = [vi.fn(), vi.fn(), vi.fn()].map((abort) => ({ abort }));
  if (!works || !left || !late) throw new Error('three of them');
  stopping.add(works);
  stopping.add(left);
  stopping.remove(left);
  expect(stopping.signal.aborted).toBe(false);
  stopping.stop('shutdown');
  stopping.add(late);
  expect(stopping.signal.reason).toBe('shutdown');
  expect(works.abort).toHaveBeenCalledExactlyOnceWith('shutdown');
  expect(late.abort).toHaveBeenCalledExactlyOnceWith('shutdown');
  expect(left.abort).not.toHaveBeenCalled();
});
