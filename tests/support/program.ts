import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** How long a process of ours may take to say that it is ready, in ms. */
const READY_TIMEOUT_MS = 60_000;

/**
 * Of Node, for processes that live for seconds: an optimising compiler, and little room for what is new, cost more than
 * they save.
 */
export const SHORT_LIVED = ['--no-opt', '--min-semi-space-size=16'];

export type Program = {
  pid: number;
  /** Where it listens, where it does. */
  url: string;
  /** Waits for its end; one that has ended already is left alone. */
  kill(signal: NodeJS.Signals): Promise<void>;
};

/** Starts a built program (`npm run build`) as a process of its own and waits until it is ready. `execArgv`: of Node. */
export async function startProgram(
  file: string,
  args: string[],
  env: Record<string, string>,
  execArgv: string[] = [],
): Promise<Program> {
  const child = fork(file, args, {
    execArgv,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const words: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => words.push(chunk));
  const url = await Promise.race([ready(child), died(child, words)]);
  return {
    pid: child.pid ?? 0,
    url,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
  };
}

async function ready(child: ChildProcess): Promise<string> {
  const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(READY_TIMEOUT_MS) })) as [
    { url?: string },
  ];
  return message.url ?? '';
}

async function died(child: ChildProcess, words: Buffer[]): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`ended with ${code}: ${Buffer.concat(words).toString('utf8')}`);
}
