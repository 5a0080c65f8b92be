import { lastWords } from './last-words.ts';
import { isRunning } from './process-state.ts';
import { spawnLogged } from './spawn-logged.ts';
import type { Environment } from './try-environment.ts';
import { waitUntil } from './wait-until.ts';
import { within } from './within.ts';

/** A process of ours is ready within two seconds, on a machine that is busy with others in twenty; more than this and it hangs. */
const READY_LIMIT_MS = 60_000;
/** The kernel needs a moment to end even a killed process. */
const KILL_LIMIT_MS = 5_000;

export type ChildOptions = {
  /** As it stands in a sentence: `API`, `worker`, `sandbox`. */
  name: string;
  /** The script and its arguments; run by the Node that runs us. */
  command: readonly string[];
  env: Environment;
  logFile: string;
  /** Called once with a sentence when it ends without `stop()` or `kill()`; `wasReady`: it had been up. */
  onDeath: (sentence: string, wasReady: boolean) => void;
};

/** A process of ours. It ends by itself when the channel to us closes, so even our own SIGKILL leaves none behind. */
export type Child = {
  /** The URL that it says it listens on, or null. Rejects with a StartFault when that takes too long. */
  ready(signal: AbortSignal): Promise<string | null>;
  /** Asks it to end, kills it after `limitMs`. */
  stop(limitMs: number): Promise<void>;
  /** Kills it at once. */
  kill(): void;
};

/** Starts a Node process whose output is appended to its log. */
export function startChild(options: ChildOptions): Child {
  const { name, logFile, env } = options;
  const command = { program: process.execPath, args: options.command };
  const { child, said } = spawnLogged(command, { logFile, env, ipc: true });
  let isReady = false;
  let isExpected = false;
  const died = async (how: string) => {
    if (isExpected) return;
    isExpected = true;
    const words = lastWords(await said()) ?? `it said nothing (its log is ${logFile})`;
    options.onDeath(isReady ? `The ${name} ended (${how}): ${words}` : `The ${name} did not start: ${words}`, isReady);
  };
  child.once('error', (error) => void died(error.message));
  child.once('exit', (code, by) => void died(by ? `killed by ${by}` : `exit code ${code}`));

  const ready = new Promise<string | null>((resolve) => {
    child.on('message', (message) => {
      const url = readyUrl(message);
      if (url === undefined) return;
      isReady = true;
      resolve(url);
    });
  });
  const tooLate = `The ${name} is not ready after ${READY_LIMIT_MS / 1000} s: its log is ${logFile}.`;
  return {
    ready: (signal) => within(READY_LIMIT_MS, signal, ready, tooLate),
    async stop(limitMs) {
      isExpected = true;
      child.kill('SIGTERM');
      if (await waitUntil(() => !isRunning(child), limitMs)) return;
      child.kill('SIGKILL');
      await waitUntil(() => !isRunning(child), KILL_LIMIT_MS);
    },
    kill() {
      isExpected = true;
      child.kill('SIGKILL');
    },
  };
}

/** `{type:'ready', url?}` → the URL or null; undefined for any other message. */
function readyUrl(message: unknown): string | null | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'ready') return;
  return 'url' in message && typeof message.url === 'string' ? message.url : null;
}
