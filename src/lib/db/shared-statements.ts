import { type Ask, type Claim, claimJobs } from './claims.ts';
import type { Queryable } from './database.ts';
import { createGroupCommit } from './group-commit.ts';
import { type Parked, parkAgain } from './park-again.ts';
import { type LatestRender, latestRenders } from './renders.ts';
import { findSessions, type SessionRow } from './sessions.ts';

/** Jobs of one statement: as many as may have a step at the same time. */
const MAX_ITEMS = 100;
/** Statements of a kind at once: while one is being committed, the next one gathers. */
const MAX_STATEMENTS = 2;

/** What every short look needs: jobs that look at the same time share a statement and its commit. Nobody waits for others. */
export type SharedStatements = {
  claim(ask: Ask): Promise<Claim>;
  session(id: string): Promise<SessionRow | null>;
  latestRender(jobId: string): Promise<LatestRender | null>;
  /** Whether it is parked; see park-again.ts. */
  parkAgain(parked: Parked): Promise<boolean>;
};

export function createSharedStatements(db: Queryable, owner: string): SharedStatements {
  const share = <Item, Result>(run: (items: readonly Item[]) => Promise<readonly Result[]>) =>
    createGroupCommit<Item, Result>({ maxItems: MAX_ITEMS, maxWrites: MAX_STATEMENTS, write: run }).add;
  return {
    claim: share((asks: readonly Ask[]) => claimJobs(db, asks, owner)),
    session: share((ids: readonly string[]) => findSessions(db, ids)),
    latestRender: share((jobIds: readonly string[]) => latestRenders(db, jobIds)),
    parkAgain: share((parked: readonly Parked[]) => parkAgain(db, parked)),
  };
}
