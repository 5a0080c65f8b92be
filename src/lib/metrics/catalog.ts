/** Waits for the upstream: from the blink of a session to a render of half an hour. In s. */
const PHASE_BUCKETS = [0.1, 0.5, 1, 5, 15, 30, 60, 120, 300, 600, 900, 1_800];
/** A request takes milliseconds, a client that prefers to wait up to a minute. In s. */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

/**
 * What a process counts while it works. Each process tells its own share, API and workers: add them up.
 * The table in docs/operations.md is this one; a test compares them.
 */
export const COUNTED = {
  reelay_http_request_duration_seconds: {
    help: 'Requests to the API, by how long they took. Long waits and streams are meant to take long.',
    labels: ['method', 'route', 'status'],
    buckets: REQUEST_BUCKETS,
  },
  reelay_jobs_ended_total: {
    help: 'Jobs that have ended. code: why they failed, else empty.',
    labels: ['type', 'status', 'code'],
  },
  reelay_unknown_outcomes_total: {
    help: 'Jobs that ended with charged: unknown, also those that succeeded: messages of one account that overlap do.',
    labels: ['type'],
  },
  reelay_phase_duration_seconds: {
    help: 'Phases of jobs that are over, by how long they took, waits included. outcome: done, failed, canceled.',
    labels: ['phase', 'outcome'],
    buckets: PHASE_BUCKETS,
  },
  reelay_webhook_attempts_total: {
    help: 'Attempts to deliver a webhook. result: delivered, retry (another one follows), failed (none does), dropped (none does: a job.progress).',
    labels: ['result'],
    values: ['delivered', 'retry', 'failed', 'dropped'],
  },
  reelay_scrape_errors_total: {
    help: 'Stores that could not be read for a scrape; what comes from there is missing from it.',
    labels: ['store'],
    values: ['database', 'queue', 'assets'],
  },
} as const satisfies Record<string, CountedMetric>;

type CountedMetric = {
  help: string;
  labels: readonly string[];
  buckets?: readonly number[];
  /** All values of its only label: they are told from the start, as 0. Prometheus sees no growth in what appears as 1. */
  values?: readonly string[];
};

/** What the API reads from the stores when it is scraped. Every API process tells the same: take the largest. */
export const READ = {
  reelay_jobs_open: { help: 'Jobs that have not ended.', labels: ['type', 'status'] },
  reelay_oldest_waiting_job_age_seconds: {
    help: 'Since the oldest job that could start and was not started yet was accepted; 0 where there is none.',
    labels: [],
  },
  reelay_jobs_in_hand: {
    help: 'Jobs that a worker holds, or comes back to at a time that is set; none of those that wait for credits.',
    labels: [],
  },
  reelay_conversations_open: { help: 'Messages that are on their way or being listened to.', labels: [] },
  reelay_queue_entries: {
    help: 'Entries of the queue; the backlog behind it is in Postgres.',
    labels: ['queue', 'state'],
  },
  reelay_account_credits: {
    help: 'Credits as they were read last. kind: anonymous, registered; owner: operator (NEMO_TOKEN), tenants (all others together); state: available, frozen.',
    labels: ['kind', 'owner', 'state'],
  },
  reelay_webhook_messages_due: {
    help: 'Webhook messages that should have been sent by now; 100,000 may be more.',
    labels: [],
  },
  reelay_oldest_due_webhook_age_seconds: {
    help: 'For how long the oldest of these has been due; 0 where there is none.',
    labels: [],
  },
} as const satisfies Record<string, { help: string; labels: readonly string[] }>;

export type Counted = keyof typeof COUNTED;
export type Read = keyof typeof READ;
/** A value for each label of a metric, no more and no fewer. */
export type LabelsOf<T extends { labels: readonly string[] }> = Record<T['labels'][number], string>;
