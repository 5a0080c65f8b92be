import type { Charged, Cost, Credits } from './job.ts';

/** Whether what a turn had reserved is released: `frozen` is back at or below its value before (architecture.md, money rule 3). */
export function isSettled(before: Credits, now: Credits): boolean {
  return now.frozen <= before.frozen;
}

/**
 * What a message that was sent has cost (api.md: `cost`, `charged`), in whole credits; while none was, it is `NO_COST`.
 * `overlapped`: another turn of the account was open at some time between the two balances.
 */
export function settleCharge(input: { before: Credits | null; after: Credits | null; overlapped: boolean }): {
  charged: Charged;
  cost: Cost;
} {
  const { before, after, overlapped } = input;
  if (before === null || after === null) {
    return { charged: 'unknown', cost: { before, after, charged: null, certainty: 'unknown' } };
  }
  const spent = before.total - after.total;
  // More than before: topped up, so nothing bounds what was spent.
  if (spent < 0) return { charged: 'unknown', cost: { before, after, charged: null, certainty: 'bounded' } };
  // What was reserved before was another turn's, and may have been spent since; what is reserved now may be spent yet,
  // and may be all ours: the other turn's can have been released.
  if (overlapped || before.frozen > 0 || after.frozen > 0) {
    return { charged: 'unknown', cost: { before, after, charged: spent + after.frozen, certainty: 'bounded' } };
  }
  return { charged: spent > 0 ? 'yes' : 'no', cost: { before, after, charged: spent, certainty: 'exact' } };
}
