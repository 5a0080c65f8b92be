// Preloaded into a process (`node --import`): tells its parent what it costs. JavaScript, because Node itself loads it.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

/** The histogram holds the time between two looks, this one included. In ms. */
const LOOK_EVERY_MS = 10;

let cpu = process.cpuUsage();
let since = performance.now();

/** How late the event loop is over so many ms. Its looks cost an idle process more CPU than all else: only when asked. */
async function lateness(/** @type {number} */ forMs) {
  const delay = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  delay.enable();
  await pause(forMs);
  delay.disable();
  return {
    loopP99Ms: Math.max(0, delay.percentile(99) / 1e6 - LOOK_EVERY_MS),
    loopMaxMs: Math.max(0, delay.max / 1e6 - LOOK_EVERY_MS),
  };
}

process.on('message', async (/** @type {any} */ { id, ask, forMs }) => {
  const answer = (/** @type {unknown} */ told) => process.send?.({ id, answer: told });
  if (ask === 'begin') {
    cpu = process.cpuUsage();
    since = performance.now();
    answer(null);
  }
  if (ask === 'cost') {
    const used = process.cpuUsage(cpu);
    answer({ cpuMs: (used.user + used.system) / 1000, ms: performance.now() - since });
  }
  if (ask === 'lateness') answer(await lateness(forMs));
  if (ask === 'memory') {
    const before = process.memoryUsage.rss();
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    answer({ before, rss, heapUsed });
  }
});
