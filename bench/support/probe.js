// Preloaded into a process (`node --import`): tells its parent what it costs. JavaScript, because Node itself loads it.
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The histogram holds the time between two looks, this one included. In ms. */
const LOOK_EVERY_MS = 10;

const delay = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
delay.enable();
let cpu = process.cpuUsage();
let since = performance.now();

process.on('message', (/** @type {any} */ { id, ask }) => {
  if (ask === 'begin') {
    delay.reset();
    cpu = process.cpuUsage();
    since = performance.now();
    process.send?.({ id, answer: null });
  }
  if (ask === 'cost') {
    const used = process.cpuUsage(cpu);
    const answer = {
      cpuMs: (used.user + used.system) / 1000,
      ms: performance.now() - since,
      loopP99Ms: Math.max(0, delay.percentile(99) / 1e6 - LOOK_EVERY_MS),
      loopMaxMs: Math.max(0, delay.max / 1e6 - LOOK_EVERY_MS),
    };
    process.send?.({ id, answer });
  }
  if (ask === 'memory') {
    const before = process.memoryUsage.rss();
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    process.send?.({ id, answer: { before, rss, heapUsed } });
  }
});
