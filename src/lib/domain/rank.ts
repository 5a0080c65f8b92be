/** One step of priority is worth so much waiting: urgent work goes first, and no work waits for ever. In ms. */
const PRIORITY_STEP_MS = 10 * 60_000;

/** Where a job stands in its tenant's backlog: the smallest goes first. `createdMs`: ms since 1970. */
export function rankMs(createdMs: number, priority: number): number {
  return createdMs - priority * PRIORITY_STEP_MS;
}
