/**
 * A container's health check: exits with 0 where this container's process answers, on the API's port or on a worker's.
 * It asks whether it lives, not whether it is ready: a process listens only once it has had its stores, and one whose
 * queue is away for a while still holds conversations that a restart would throw away.
 */
const PORTS = [process.env.PORT || '3000', process.env.METRICS_PORT || '9090'];
/** Below the time-out of the check itself (Dockerfile). In ms. */
const ANSWER_TIMEOUT_MS = 3_000;

async function isAlive(port: string): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const answer = await fetch(`http://127.0.0.1:${port}/health/live`, { signal }).catch(() => null);
  return answer?.status === 200;
}

const alive = await Promise.all(PORTS.map(isAlive));
process.exit(alive.includes(true) ? 0 : 1);
