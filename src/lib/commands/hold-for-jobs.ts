import { useAssets } from '../db/assets.ts';
import type { Queryable } from '../db/database.ts';
import { assetIdsOf, type NewJob, type Place } from '../db/insert-jobs.ts';
import { joinSessions } from '../db/session-line.ts';
import { assetsOf } from '../domain/job.ts';
import { type Fault, validationFailed } from '../errors.ts';

/** A job that is about to be stored; `pointer`: where it stands in the body. */
type Asked = { job: NewJob; pointer: string };

/**
 * The assets of jobs were there when the request was checked; from this commit on they stay while the jobs are open.
 * Throws a Problem for those that are gone.
 */
export async function keepAssets(client: Queryable, tenantId: string, jobs: readonly Asked[]): Promise<void> {
  const ids = new Set(jobs.flatMap(({ job }) => assetIdsOf(job.input)));
  if (ids.size === 0) return;
  const kept = await useAssets(client, tenantId, [...ids]);
  refuse(
    jobs.flatMap(({ job, pointer }) =>
      assetsOf(job.input).flatMap((ref, index) =>
        'url' in ref || kept.has(ref.asset_id)
          ? []
          : { pointer: `${pointer}/assets/${index}/asset_id`, detail: 'There is no such asset.' },
      ),
    ),
  );
}

/**
 * Takes places in the lines of the sessions that jobs name (db/session-line.ts). Throws a Problem where there is none.
 * @returns the places by job id; none for a job that opens a session of its own.
 */
export async function takePlaces(
  client: Queryable,
  tenantId: string,
  jobs: readonly (Asked & { id: string })[],
): Promise<Map<string, Place>> {
  const named = jobs.flatMap(({ id, job, pointer }) =>
    job.sessionId === null ? [] : { id, sessionId: job.sessionId, pointer },
  );
  if (named.length === 0) return new Map();
  const places = await joinSessions(client, tenantId, named);
  refuse(
    named.flatMap(({ id, pointer }) =>
      places.has(id) ? [] : { pointer: `${pointer}/session_id`, detail: 'There is no such session.' },
    ),
  );
  return places;
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw validationFailed(faults);
}
