import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { SHORT_LIVED } from '../support/program.ts';
import { waitFor } from '../support/wait-for.ts';
import { FULL } from './settings.ts';

/** A process that cannot start is not started as fast as it fails. In ms. */
const RESTART_PAUSE_MS = 200;
const READY_TIMEOUT_MS = 60_000;

export type Death = { fault: string | null; at: number };

/** A role that is always running: whatever kills its process, there is another one a moment later. */
export type KeptProcess = {
  /** Who was killed so far, and by which armed fault. */
  readonly deaths: readonly Death[];
  /** Ends that nobody wished: the last words of each. */
  readonly crashes: readonly string[];
  /** The fault that the process under way is armed with. */
  armed(): string | null;
  ready(): Promise<void>;
  /** Sends a signal to the process under way. */
  signal(signal: NodeJS.Signals): void;
  /** Waits until it has frozen itself. */
  frozen(): Promise<void>;
  /** Ends it for good, in order. */
  stop(): Promise<void>;
};

/** @param nextFault what the next process is armed with (lib/fault-point.ts); null: nothing. */
export function keepRunning(
  role: 'api' | 'worker',
  env: Record<string, string>,
  nextFault: () => string | null = () => null,
): KeptProcess {
  const deaths: Death[] = [];
  const crashes: string[] = [];
  let child: ChildProcess;
  let armed: string | null = null;
  let isReady = false;
  let stopping = false;

  const runOnce = async () => {
    armed = nextFault();
    isReady = false;
    child = fork('dist/main.js', [role], {
      // The full run takes times.
      execArgv: FULL ? [] : SHORT_LIVED,
      env: {
        PATH: process.env.PATH ?? '',
        ...env,
        NODE_ENV: 'test',
        ...(armed === null ? {} : { TEST_FAULT_POINT: armed }),
      },
      stdio: ['ignore', process.env.TEST_LOG_LEVEL ? 'inherit' : 'ignore', 'pipe', 'ipc'],
    });
    const words: string[] = [];
    child.stderr?.setEncoding('utf8').on('data', (text: string) => words.push(text));
    child.once('message', () => {
      isReady = true;
    });
    const [code, signal] = await once(child, 'exit');
    if (stopping) return;
    if (signal === 'SIGKILL') deaths.push({ fault: armed, at: Date.now() });
    else crashes.push(`${role} ended with ${signal ?? code}: ${words.join('')}`);
  };
  const life = (async () => {
    while (!stopping) {
      await runOnce();
      if (crashes.length > 0) await pause(RESTART_PAUSE_MS);
    }
  })();

  return {
    deaths,
    crashes,
    armed: () => armed,
    async ready() {
      await waitFor(`a ready ${role}`, async () => isReady, READY_TIMEOUT_MS);
    },
    signal: (signal) => void child.kill(signal),
    async frozen() {
      await waitFor(`a frozen ${role}`, async () => (await stateOf(child.pid)) === 'T', READY_TIMEOUT_MS);
    },
    async stop() {
      stopping = true;
      // One that is frozen hears nothing else.
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      await life;
    },
  };
}

/** The letter of proc(5): T for stopped by a signal. */
async function stateOf(pid: number | undefined): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}
