import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process that answers what it is asked (asks.js, probe.js). */
export type Child = {
  pid: number;
  /** What it said when it was ready. */
  ready: Record<string, unknown>;
  ask<Answer>(ask: string, more?: Record<string, unknown>): Promise<Answer>;
  kill(signal: NodeJS.Signals): void;
  /** Ends it in order and waits for it; one that has ended already is left alone. */
  stop(): Promise<void>;
};

const PROBE = fileURLToPath(new URL('./probe.js', import.meta.url));

/**
 * Starts a program in a process of its own and waits for its first message. `probed`: it tells what it costs (probe.js).
 * Throws with its last words when it ends before.
 */
export async function startChild(
  file: string,
  args: readonly string[],
  env: Record<string, string>,
  options: { probed?: boolean } = {},
): Promise<Child> {
  const child = fork(file, args, {
    env: { PATH: process.env.PATH ?? '', ...env },
    execArgv: [...(options.probed ? ['--expose-gc', '--import', PROBE] : []), ...profiling(args)],
    stdio: ['ignore', 'ignore', process.env.BENCH_LOG === undefined ? 'pipe' : 'inherit', 'ipc'],
  });
  const words: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => words.push(text));
  const exited = once(child, 'exit');
  const died = exited.then(([code, signal]) => {
    throw new Error(`${file} ended with ${signal ?? code}: ${words.join('')}`);
  });
  died.catch(() => undefined);
  const [ready] = (await Promise.race([once(child, 'message'), died])) as [Record<string, unknown>];
  const asked = new Map<number, (answer: unknown) => void>();
  child.on('message', ({ id, answer }: { id: number; answer: unknown }) => {
    asked.get(id)?.(answer);
    asked.delete(id);
  });
  let lastId = 0;
  return {
    pid: child.pid ?? 0,
    ready,
    ask<Answer>(ask: string, more: Record<string, unknown> = {}) {
      lastId += 1;
      const id = lastId;
      const answered = new Promise<Answer>((resolve) => asked.set(id, resolve as (answer: unknown) => void));
      child.send({ id, ask, ...more });
      return Promise.race([answered, died]);
    },
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** `BENCH_PROFILE=<folder>`: every process leaves a CPU profile there. */
function profiling(args: readonly string[]): string[] {
  const folder = process.env.BENCH_PROFILE;
  if (folder === undefined) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${args[0] ?? 'child'}-${Date.now()}.cpuprofile`];
}
