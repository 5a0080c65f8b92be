import type { Logger } from '../lib/logger.ts';

export type Loop = {
  /** Work now instead of at the next interval. Many kicks during one round are one more round. */
  kick(): void;
  /** No round begins after this; resolves when the one under way has ended. */
  stop(): Promise<void>;
};

/**
 * Runs `work` again and again, one round at a time: when kicked, at the latest every `intervalMs`, and at once when a
 * round says (true) that there is more. A round that throws is logged, and the next one tries again.
 */
export function startLoop(options: { name: string; intervalMs: number; log: Logger; work(): Promise<boolean> }): Loop {
  let stopped = false;
  let kicked = false;
  let timer: NodeJS.Timeout | null = null;
  let round: Promise<void> | null = null;

  const run = async () => {
    kicked = false;
    let more = false;
    try {
      more = await options.work();
    } catch (error) {
      options.log.error({ err: error, loop: options.name }, 'round failed');
    }
    round = null;
    if (stopped) return;
    if (more || kicked) start();
    else timer = setTimeout(start, options.intervalMs);
  };
  const start = () => {
    if (timer) clearTimeout(timer);
    timer = null;
    round = run();
  };
  start();
  return {
    kick() {
      kicked = true;
      if (!stopped && round === null) start();
    },
    async stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
      await round;
    },
  };
}
