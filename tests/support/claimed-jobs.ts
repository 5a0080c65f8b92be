import { claimJobs } from '../../src/lib/db/claims.ts';
import { type Database, openDatabase } from '../../src/lib/db/database.ts';
import { markDispatched } from '../../src/lib/db/dispatch.ts';
import type { JobRecord } from '../../src/lib/domain/job.ts';
import { startService, type TestService } from './service.ts';

export type ClaimedJobs = {
  service: TestService;
  db: Database;
  /** The id of a new job that is in the queue. */
  dispatched(wish?: Record<string, unknown>): Promise<string>;
  /** A job in the hands of the worker `me`. Throws when it cannot be had. */
  claim(jobId: string): Promise<JobRecord>;
  /** A new one. */
  claimed(wish?: Record<string, unknown>): Promise<JobRecord>;
  stop(): Promise<void>;
};

/** A service without workers, and a pool of the test's own: what workers write is written by hand. */
export async function startClaimedJobs(poolSize = 2): Promise<ClaimedJobs> {
  const service = await startService({ workers: false });
  const db = openDatabase(service.database.url, { poolSize, onError: () => undefined });
  const dispatched = async (wish: Record<string, unknown> = {}) => {
    const { id } = await service.client.submit({ type: 'generate', prompt: 'A film by hand', ...wish });
    await markDispatched(db.pool, { limit: 10, tenantConcurrency: 10_000 });
    return id;
  };
  const claim = async (jobId: string) => {
    const [claim] = await claimJobs(db.pool, [{ jobId, dispatchNo: 1 }], { worker: 'me', nemoTokenHash: null });
    if (claim?.kind !== 'claimed') throw new Error(`${jobId} is not claimed`);
    return claim.job;
  };
  return {
    service,
    db,
    dispatched,
    claim,
    claimed: async (wish) => claim(await dispatched(wish)),
    async stop() {
      await db.close();
      await service.stop();
    },
  };
}
