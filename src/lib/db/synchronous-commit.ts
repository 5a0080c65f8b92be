/**
 * In a statement that is a transaction of its own: its commit does not wait for the disk. A crash of the database server
 * (not of one of our processes) may take it away; only for what nothing rests on before a later commit that does wait
 * (docs/decisions/0016).
 */
export const WITHOUT_WAITING = "set_config('synchronous_commit', 'off', true)";
