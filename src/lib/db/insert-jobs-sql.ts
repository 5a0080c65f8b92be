/**
 * The statements of insert-jobs.ts. $1 is a list of rows as JSON, of which each leaves out what is the default; $2 to $5
 * are progress, cost and the two first events; $6 and on what the jobs of a batch have in common.
 */

/** The rows with `columns` besides, and `common`. The session that a job opens has its id but for the prefix. */
const askedWith = (columns: string, common: string) => `asked AS (
    SELECT *, COALESCE(named_session, 'ses' || substr(id, 4)) AS session_id, ${common}
    FROM json_to_recordset($1::json) AS row(
      id text, named_session text, type text, skill text, language text,
      status text, waiting_reason text, priority int, rank_ms float8, input json, asset_ids text[], metadata json,
      webhook_url text, webhook_events text[], client_reference text,
      start_timeout_s int, deadline_s int, wait_for_credits boolean, due_at timestamptz, ${columns})
  )`;

const ASKED_ALONE = askedWith(
  'tenant_id text, request_id text, traceparent text, key text, key_route text, key_fingerprint text',
  'NULL AS batch_id, NULL AS custom_id, false AS capped',
);
const ASKED_IN_BATCH = askedWith(
  'custom_id text',
  `$6::text AS tenant_id, $7::text AS batch_id, $8::boolean AS capped, $9::text AS request_id, $10::text AS traceparent,
    NULL AS key, NULL AS key_route, NULL AS key_fingerprint`,
);

const JOBS = `
    INSERT INTO public.job (id, tenant_id, session_id, type, skill, status, waiting_reason, priority, rank_ms, input,
      asset_ids, metadata, webhook_url, webhook_events, client_reference, batch_id, custom_id, capped, progress, cost,
      request_id, traceparent, expires_at, deadline_at, wait_for_credits, due_at)
    SELECT id, tenant_id, session_id, type, skill, COALESCE(status, 'queued'), waiting_reason, COALESCE(priority, 0),
      rank_ms, input, COALESCE(asset_ids, '{}'), metadata, webhook_url, COALESCE(webhook_events, '{}'),
      client_reference, batch_id, custom_id, capped, $2::json, $3::json, request_id, traceparent,
      now() + start_timeout_s * interval '1 s', now() + deadline_s * interval '1 s',
      COALESCE(wait_for_credits, false), COALESCE(due_at, now())
    FROM asked`;

/** What belongs to the jobs in `stored`, which has the columns of `asked`. Each first event has the id of its job, too. */
const belongingTo = (stored: string) => `opened AS (
    INSERT INTO public.session (id, tenant_id, skill, language, opened_by, holder_job_id)
    SELECT session_id, tenant_id, skill, language, id, id FROM ${stored} WHERE named_session IS NULL
  ), told AS (
    INSERT INTO public.event (id, tenant_id, job_id, seq, type, body)
    SELECT 'evt' || substr(id, 4), tenant_id, id, 1, 'job.queued',
      CASE WHEN status IS NULL THEN $4::json ELSE $5::json END
    FROM ${stored}
  )`;

/**
 * Gives `returned` of the stored jobs. Keys and references are taken in one order by all statements, and all keys before
 * any reference (the sort of the jobs comes after their filter): two statements cannot wait for each other.
 */
const insertUnlessTaken = (asked: string, returned: string) => `
  WITH ${asked}, won AS (
    INSERT INTO public.idempotency_key (tenant_id, route, key, fingerprint, resource_ids)
    SELECT tenant_id, key_route, key, key_fingerprint, ARRAY[id] FROM asked WHERE key IS NOT NULL
    ORDER BY tenant_id, key_route, key
    ON CONFLICT DO NOTHING
    RETURNING resource_ids[1] AS id
  ), accepted AS (${JOBS} WHERE key IS NULL OR id IN (SELECT id FROM won)
    ORDER BY tenant_id, client_reference COLLATE "C", id
    ON CONFLICT DO NOTHING
    RETURNING ${returned}
  ), ${belongingTo('(SELECT asked.* FROM accepted JOIN asked USING (id)) AS stored')}
  SELECT ${returned} FROM accepted`;

export const INSERT_ALONE = insertUnlessTaken(ASKED_ALONE, 'id, created_at, due_at, expires_at, deadline_at');
export const INSERT_IN_BATCH = insertUnlessTaken(ASKED_IN_BATCH, 'id');
/** With nothing to look out for. */
export const INSERT_FREE = `WITH ${ASKED_IN_BATCH}, accepted AS (${JOBS}), ${belongingTo('asked')} SELECT`;
