import { JOB_STATUSES, type JobError, type JobStatus } from './job.ts';

/** An item that was refused when the rest of its batch was taken. */
export type SkippedItem = { custom_id: string | null; error: JobError };

export type BatchRecord = {
  id: string;
  tenant_id: string;
  skipped: number;
  max_concurrency: number | null;
  max_credits: number | null;
  webhook_url: string | null;
  metadata: Record<string, string>;
  created_at: Date;
  cancel_requested_at: Date | null;
  finished_at: Date | null;
};

/** How many jobs of a batch have which status, and what they have cost together, in credits. */
export type BatchTally = { jobs: Partial<Record<JobStatus, number>>; creditsUsed: number };

/** The batch as clients see it, the same in GET and in its webhook (the REST contract, "Batches"). */
export function batchView(batch: BatchRecord, { jobs, creditsUsed }: BatchTally) {
  const self = `/v1/batches/${batch.id}`;
  const byStatus = Object.fromEntries(JOB_STATUSES.map((status) => [status, jobs[status] ?? 0]));
  const total = Object.values(byStatus).reduce((sum, count) => sum + count, batch.skipped);
  return {
    id: batch.id,
    object: 'batch' as const,
    status: batchStatus(batch),
    counts: { total, ...(byStatus as Record<JobStatus, number>), skipped: batch.skipped },
    credits_used: creditsUsed,
    max_concurrency: batch.max_concurrency,
    max_credits: batch.max_credits,
    metadata: batch.metadata,
    created_at: batch.created_at.toISOString(),
    finished_at: batch.finished_at?.toISOString() ?? null,
    links: { self, results: `${self}/results`, cancel: `${self}/cancel` },
  };
}

export type BatchView = ReturnType<typeof batchView>;

function batchStatus(batch: BatchRecord): 'in_progress' | 'canceling' | 'completed' | 'canceled' {
  if (batch.cancel_requested_at) return batch.finished_at ? 'canceled' : 'canceling';
  return batch.finished_at ? 'completed' : 'in_progress';
}
