import { waitFor } from '../support/wait-for.ts';

/** Whoever can count jobs by an SQL condition. */
export type Jobs = { count(condition: string): Promise<number> };

/** Nothing of this takes longer, or it has failed. In ms. */
const LONG_MS = 10 * 60_000;

/** How many messages are being listened to. */
function conversationsHeld(jobs: Jobs): Promise<number> {
  return jobs.count("turn_state = 'sending' AND lease_until > now()");
}

/** Waits until so many conversations are in flight. */
export async function untilInFlight(jobs: Jobs, conversations: number): Promise<void> {
  await waitFor('all conversations', async () => (await conversationsHeld(jobs)) === conversations, LONG_MS);
}

/** Kills who holds all jobs in their first epoch. @returns how long it takes until the last is claimed again. In ms. */
export async function claimedAgainAfter(jobs: Jobs, kill: () => void): Promise<number> {
  const killedAt = Date.now();
  kill();
  await waitFor('the last claim', async () => (await jobs.count('epoch = 1')) === 0, LONG_MS);
  return Date.now() - killedAt;
}

/** Stops who holds all conversations. @returns how long that takes, in ms, and how many are still held. */
export async function handedOverBy(jobs: Jobs, stop: () => Promise<void>): Promise<{ ms: number; left: number }> {
  const toldAt = Date.now();
  await stop();
  return { ms: Date.now() - toldAt, left: await conversationsHeld(jobs) };
}

/** Wipes the queue in which all these jobs wait. @returns how long it takes until they are back in it. In ms. */
export async function dispatchedAgainAfter(jobs: Jobs, waiting: number, wipe: () => Promise<void>): Promise<number> {
  const dispatched = (times: number) => async () =>
    (await jobs.count(`dispatch_no >= ${times} AND dispatched_at IS NOT NULL OR lease_until > now()`)) === waiting;
  await waitFor('the first dispatch', dispatched(1), LONG_MS);
  const wipedAt = Date.now();
  await wipe();
  await waitFor('the second dispatch', dispatched(2), LONG_MS);
  return Date.now() - wipedAt;
}
