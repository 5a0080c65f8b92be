import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { migrate } from '../migrate.ts';
import { runTry } from './run-try.ts';
import { RunningParts } from './running-parts.ts';
import { StartFault, sentenceOf } from './start-fault.ts';
import { onStopSignals } from './stop-signals.ts';

/** The reason of a run that ends because it was asked to. */
const ASKED = Symbol('asked to stop');

const parts = new RunningParts();
const over = new AbortController();

// The last net: whatever ends this process, what it has started ends with it.
process.on('exit', () => {
  over.abort(ASKED);
  parts.killAll();
});
// A closed terminal must not break the orderly stop that its SIGHUP has begun.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
// An orderly end for a bug, too. What is abandoned half-way during a stop may fail as it likes.
process.on('uncaughtException', (error) => over.abort(error));
onStopSignals(process, {
  first() {
    process.stdout.write('Stopping. Press Ctrl-C again to end at once.\n');
    over.abort(ASKED);
  },
  again: () => process.exit(1),
});
process.exit(await run());

/** The exit code: 0 after being asked to stop, 1 after a fault, which has been told in one sentence. */
async function run(): Promise<number> {
  let code = 0;
  let starting: Promise<unknown> = Promise.resolve();
  try {
    const say = (text: string) => void process.stdout.write(text);
    const deps = { migrate, programs: programs(), env: process.env, cwd: process.cwd(), say };
    const start = runTry(deps, parts, over);
    starting = start;
    const ended = rejectsOnAbort(over.signal);
    process.stdout.write(await Promise.race([start, ended]));
    await ended;
  } catch (reason) {
    if (reason !== ASKED) code = tell(reason);
    over.abort(reason);
  }
  // Only when the start has given up is all that it began in `parts`.
  await starting.catch(() => undefined);
  await parts.stopAll().catch((fault: unknown) => {
    code = tell(fault);
  });
  if (code === 0) process.stdout.write('Stopped.\n');
  return code;
}

function rejectsOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

/** Beside this file, so that it works from every folder. */
function programs() {
  const beside = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  const [main, sandbox] = [beside('../main.js'), beside('../sandbox/main.js')];
  for (const file of [main, sandbox]) {
    if (!existsSync(file)) throw new StartFault(`${file} is missing: run npm run build.`);
  }
  return { api: [main, 'api'], worker: [main, 'worker'], sandbox: [sandbox] };
}

function tell(fault: unknown): number {
  process.stderr.write(`${sentenceOf(fault)}\n`);
  return 1;
}
