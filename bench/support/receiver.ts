import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export type Receiver = {
  /** `http://127.0.0.1:<port>`, and another loopback address for every number up to 250: each is an origin of its own. */
  origin(number: number): string;
  /** What came since the last call: how many requests, and how late each answered one was (`due` is its `t0`). */
  take(): Promise<{ received: number; latencies: { due: number; ms: number }[] }>;
  stop(): void;
};

/** Starts a receiver in a process of its own. */
export async function startReceiver(): Promise<Receiver> {
  const child: ChildProcess = fork(fileURLToPath(new URL('./webhook-receiver.js', import.meta.url)), { execArgv: [] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    origin: (number) => `http://127.0.0.${(number % 250) + 1}:${port}`,
    async take() {
      const answer = once(child, 'message');
      child.send('take');
      const [taken] = (await answer) as [{ received: number; latencies: { due: number; ms: number }[] }];
      return taken;
    },
    stop: () => child.disconnect(),
  };
}
