/** The time of one sandbox: waits are given in ms of the real service and pass `speed` times faster. */
export type Clock = {
  pause(ms: number): Promise<void>;
  later(ms: number, act: () => void): void;
  /** How much of the real service's time has passed since a `Date.now()`, in ms. */
  since(epochMs: number): number;
  /** Nothing that was waited for happens any more: pauses stay unresolved for good. */
  stop(): void;
};

export function createClock(speed: number): Clock {
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  const later = (ms: number, act: () => void) => {
    if (stopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms / speed);
    timers.add(timer);
  };
  return {
    later,
    pause: (ms) => new Promise((resolve) => later(ms, resolve)),
    since: (epochMs) => (Date.now() - epochMs) * speed,
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
