import pg from 'pg';
import { isByDefault, isWanted } from '../domain/event-types.ts';
import type { JobRecord } from '../domain/job.ts';
import { newId } from '../ids.ts';
import type { Queryable } from './database.ts';
import {
  afterWrite,
  assignments,
  EVENT_OF_JOB,
  eventBody,
  type JobChange,
  runWrite,
  type Written,
  writeJob,
  writtenFrom,
} from './job-writes.ts';
import { tell } from './tell.ts';

/** A change of one job that says nothing of its session. */
export type Write = { job: JobRecord; change: Omit<JobChange, 'session' | 'unlessCanceled'> };

/**
 * Changes jobs as `writeJob` does: those with the same kind of change in one statement and one commit. What such a
 * statement leaves out, because the row has changed meanwhile or the server refused the whole of it, is written alone.
 * @returns in their order the row as it is now, null where it was lost, or why nobody knows what became of the write.
 */
export async function writeJobs(db: Queryable, writes: readonly Write[]): Promise<(JobRecord | null | Error)[]> {
  const written = new Map<Write, JobRecord | Error>();
  await Promise.all(
    groupsOf(writes).map(async (alike) => {
      if (alike.length === 1) return;
      try {
        const rows = await writeAlike(db, alike);
        for (const write of alike) {
          const row = rows.get(write.job.id);
          if (row) written.set(write, afterWrite(write.job, write.change, row));
        }
      } catch (error) {
        // What the server refused it has not done. Without its answer nobody knows, and nothing may be told twice.
        if (error instanceof pg.DatabaseError) return;
        for (const write of alike) written.set(write, error as Error);
      }
    }),
  );
  return Promise.all(
    writes.map(
      (write) => written.get(write) ?? writeJob(db, write.job, write.change).catch((error: unknown) => error as Error),
    ),
  );
}

/** Those that one statement can make; of two changes of one job only the first, so that the second is made after it. */
function groupsOf(writes: readonly Write[]): Write[][] {
  const kinds = new Map<string, Map<string, Write>>();
  for (const write of writes) {
    const kind = kindOf(write);
    const alike = kinds.get(kind) ?? new Map<string, Write>();
    kinds.set(kind, alike);
    if (!alike.has(write.job.id)) alike.set(write.job.id, write);
  }
  return [...kinds.values()].map((alike) => [...alike.values()]);
}

/** The same for changes that one statement can make. */
function kindOf({ job, change }: Write): string {
  const { set, event, dueInMs, ...rest } = change;
  const told = event && [event, isWanted(event, job.webhook_events)];
  return JSON.stringify([Object.keys(set), told, dueInMs !== undefined, rest]);
}

/** One statement, fenced for each job like its own. @returns what it left in the rows that it has changed, by id. */
async function writeAlike(db: Queryable, alike: readonly Write[]): Promise<Map<string, Written>> {
  const given = alike.map(({ job, change }) => ({
    ...change.set,
    id: job.id,
    owner: job.owner,
    seq: job.seq,
    due_in_ms: change.dueInMs,
    ...(change.event && {
      event_id: newId('evt'),
      first_message: newId('msg'),
      body: eventBody(job, change, change.event),
    }),
  }));
  const rows = await runWrite(db, statement(alike[0] as Write), [JSON.stringify(given)]);
  return new Map(rows.map((row) => [row.id, row]));
}

function statement({ job, change }: Write): string {
  const { event } = change;
  return `WITH given AS (
      SELECT * FROM ROWS FROM (
        json_populate_recordset(NULL::public.job, $1::json),
        json_to_recordset($1::json) AS (due_in_ms float8, event_id text, first_message text, body json)
      ) AS row
    ), changed AS (
      UPDATE public.job SET ${assignments(change, (name) => `given.${name}`).join(', ')}
      FROM given
      WHERE job.id = ANY (ARRAY (SELECT id FROM given)) AND job.id = given.id
        AND job.owner IS NOT DISTINCT FROM given.owner AND job.seq = given.seq
        AND COALESCE(job.finished_at IS NULL, false)
      RETURNING job.*
    )${
      event === undefined
        ? ''
        : `, news AS (
      SELECT given.event_id, given.first_message, given.body, changed.*
      FROM changed JOIN given ON given.id = changed.id
    ), ${tell('news', {
      ...EVENT_OF_JOB,
      id: 'event_id',
      first_message: 'first_message',
      type: `'${event}'`,
      by_default: String(isByDefault(event)),
      body: 'body',
      ...(isWanted(event, job.webhook_events) ? { own_url: 'webhook_url' } : {}),
    })}`
    }
    SELECT ${writtenFrom(change)}`;
}
