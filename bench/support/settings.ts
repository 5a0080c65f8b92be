/** The short form (`BENCH=short`), for the suite: few of everything, nothing timed, only the books must balance. */
export const SHORT = process.env.BENCH === 'short';

/** Rounds of each side. */
export const ROUNDS = SHORT ? 1 : 5;
