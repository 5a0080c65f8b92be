import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

type Asked = {
  port: number;
  path: string;
  headers: Record<string, string>;
  body: string;
  connections: number;
  requests: number;
  /** Begins the Idempotency-Key of every request. */
  run: string;
};

export type Answered = {
  seconds: number;
  /** How many answers had which status. */
  statuses: Record<string, number>;
  /** How many different ids the answers named. */
  ids: number;
  /** From the write of a request to the end of its answer. In ms. */
  latencies: number[];
  /** What the generator took of one core, 0 to 1: near 1, it has measured itself. */
  cpu: number;
};

export type LoadGenerator = { load(asked: Asked): Promise<Answered>; stop(): void };

/** Starts a generator of requests in a process of its own. */
export function startLoadGenerator(): LoadGenerator {
  const child: ChildProcess = fork(fileURLToPath(new URL('./load-generator.js', import.meta.url)), { execArgv: [] });
  return {
    async load(asked) {
      const ended = once(child, 'exit').then(([code]) => {
        throw new Error(`the generator ended with ${code}`);
      });
      ended.catch(() => undefined);
      child.send(asked);
      const [answered] = (await Promise.race([once(child, 'message'), ended])) as [Answered];
      return answered;
    },
    stop: () => child.disconnect(),
  };
}
