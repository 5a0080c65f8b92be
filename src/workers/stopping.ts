import { setMaxListeners } from 'node:events';

/** What is broken off when the process stops. */
type Stoppable = { abort(reason: unknown): void };

/** Whether this process has to stop: one for all its jobs. A signal for each would be a kilobyte of a conversation. */
export type Stopping = {
  /** For short calls, of which there are few at a time: each listener is told from all others. */
  readonly signal: AbortSignal;
  /** It is aborted with the signal; at once, where that has happened. */
  add(work: Stoppable): void;
  remove(work: Stoppable): void;
  stop(reason: unknown): void;
};

export function createStopping(): Stopping {
  const controller = new AbortController();
  const { signal } = controller;
  setMaxListeners(0, signal);
  const works = new Set<Stoppable>();
  return {
    signal,
    add(work) {
      works.add(work);
      if (signal.aborted) work.abort(signal.reason);
    },
    remove: (work) => void works.delete(work),
    stop(reason) {
      controller.abort(reason);
      for (const work of works) work.abort(reason);
    },
  };
}
