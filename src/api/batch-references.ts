import type { Database } from '../lib/db/database.ts';
import { assetsOf } from '../lib/domain/job.ts';
import type { Fault } from '../lib/errors.ts';
import { isId } from '../lib/ids.ts';
import { type Asset, findAssets } from './read-assets.ts';
import type { SubmitJob } from './schemas/jobs.ts';

export type References = {
  assets: ReadonlyMap<string, Asset>;
  /** What is wrong with the session or the client reference that a job names. */
  faultsOf(job: SubmitJob): Fault[];
  /** Gives a job without faults its client reference: no later one can have it. */
  take(job: SubmitJob): void;
};

/** Looks up what the jobs of a batch name: one statement a kind, not one a job. */
export async function findReferences(db: Database, tenantId: string, jobs: readonly SubmitJob[]): Promise<References> {
  const named = jobs.flatMap((job) => ('assets' in job ? assetsOf({ assets: job.assets }) : []));
  const sessionIds = jobs.flatMap((job) => job.session_id ?? []);
  const names = jobs.flatMap((job) => job.client_reference ?? []);
  const [assets, sessions, used] = await Promise.all([
    findAssets(db, tenantId, named),
    known(db, 'SELECT id AS name FROM public.session WHERE tenant_id = $1 AND id = ANY($2)', tenantId, sessionIds),
    known(
      db,
      'SELECT client_reference AS name FROM public.job WHERE tenant_id = $1 AND client_reference = ANY($2)',
      tenantId,
      names,
    ),
  ]);
  return {
    assets,
    faultsOf({ session_id, client_reference }) {
      const faults: Fault[] = [];
      // What is no id at all is told by prepareJob.
      if (session_id && isId(session_id, 'ses') && !sessions.has(session_id)) {
        faults.push({ pointer: '/session_id', detail: 'There is no such session.' });
      }
      if (client_reference && used.has(client_reference)) {
        faults.push({ pointer: '/client_reference', detail: 'Another job has this client reference.' });
      }
      return faults;
    },
    take({ client_reference }) {
      if (client_reference) used.add(client_reference);
    },
  };
}

async function known(db: Database, sql: string, tenantId: string, names: readonly string[]): Promise<Set<string>> {
  if (names.length === 0) return new Set();
  const { rows } = await db.pool.query<{ name: string }>(sql, [tenantId, names]);
  return new Set(rows.map((row) => row.name));
}
