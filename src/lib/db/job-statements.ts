import type { JobRecord } from '../domain/job.ts';
import { type Ask, type Claim, claimJobs } from './claims.ts';
import type { Queryable } from './database.ts';
import { type Given, giveBack } from './give-back.ts';
import { type Parked, parkAgain, type WaitingRender, waitingRenders } from './render-looks.ts';
import { type LatestRender, latestRenders } from './renders.ts';
import { shareStatements } from './share-statements.ts';
import { type Write, writeJobs } from './write-together.ts';

/** Jobs of one statement: as many as may have a step at the same time. */
const MAX_ITEMS = 100;
/** Statements of a kind at once: while one is being committed, the next one gathers. */
const MAX_STATEMENTS = 2;

/** What every step and every short look needs: jobs that need it at the same time share a statement and its commit. */
export type JobStatements = {
  claim(ask: Ask): Promise<Claim>;
  latestRender(jobId: string): Promise<LatestRender | null>;
  /** The job, if it only waits for its render; see render-looks.ts. */
  waitingRender(ask: Ask): Promise<WaitingRender | null>;
  /** In how many ms it is due again; null: its row has changed meanwhile. */
  parkAgain(parked: Parked): Promise<number | null>;
  /** Whether it is given back; a job that is not was lost. When a worker stops, all of its jobs are, at once. */
  giveBack(given: Given): Promise<boolean>;
  /** The row as it is now; null when it was lost. When a worker stops, all of its conversations begin to wait, at once. */
  write(write: Write): Promise<JobRecord | null>;
};

/** @param options.renderMs how long a render may take. */
export function createJobStatements(
  db: Queryable,
  options: { worker: string; nemoTokenHash: string | null; renderMs: number },
): JobStatements {
  const share = <Item, Result>(run: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>) =>
    shareStatements<Item, Result>({ maxItems: MAX_ITEMS, maxAtOnce: MAX_STATEMENTS, run }).add;
  return {
    claim: share((asks: readonly Ask[]) => claimJobs(db, asks, options)),
    latestRender: share((jobIds: readonly string[]) => latestRenders(db, jobIds)),
    waitingRender: share((asks: readonly Ask[]) => waitingRenders(db, asks, options.renderMs)),
    parkAgain: share((parked: readonly Parked[]) => parkAgain(db, parked)),
    giveBack: share((given: readonly Given[]) => giveBack(db, given)),
    write: share((writes: readonly Write[]) => writeJobs(db, writes)),
  };
}
