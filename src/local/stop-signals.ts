import type { EventEmitter } from 'node:events';

/** A closed terminal (SIGHUP) ends a run like a request to end. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Ctrl-C reaches us from the terminal and, a moment later, once more from npm: that is one wish, in ms. */
const SAME_WISH_MS = 500;

/** Calls `first` at the first stop signal and `again` at each later one. */
export function onStopSignals(
  source: EventEmitter,
  handlers: { first(): void; again(): void },
  nowMs: () => number = () => performance.now(),
): void {
  let last: number | null = null;
  const handle = () => {
    const now = nowMs();
    const isFirst = last === null;
    if (last !== null && now - last < SAME_WISH_MS) return;
    last = now;
    if (isFirst) handlers.first();
    else handlers.again();
  };
  for (const signal of STOP_SIGNALS) source.on(signal, handle);
}
