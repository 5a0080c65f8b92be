/**
 * Every hot statement has its index. A plan is kept for as long as its connection: one that was made while a table was
 * nearly empty would go on reading it whole. A bitmap scan reads all that is dead in an index again and again, an index
 * scan marks it. And nothing of ours runs for so long that compiling it (jit) is worth while.
 */
export const PLANNER = '-c enable_seqscan=off -c enable_bitmapscan=off -c jit=off';
