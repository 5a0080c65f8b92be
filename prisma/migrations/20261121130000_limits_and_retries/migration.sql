-- Cancel, deadlines, waiting for credits, retries, and priority as an age offset.

-- AlterTable
ALTER TABLE "job" ADD COLUMN     "attempt" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN     "cancel_requested_at" TIMESTAMPTZ(3),
ADD COLUMN     "deadline_at" TIMESTAMPTZ(3),
ADD COLUMN     "expires_at" TIMESTAMPTZ(3),
ADD COLUMN     "rank_ms" DOUBLE PRECISION NOT NULL DEFAULT ((EXTRACT(epoch FROM now()) * (1000)::numeric))::double precision,
ADD COLUMN     "retry_of" TEXT,
ADD COLUMN     "wait_for_credits" BOOLEAN NOT NULL DEFAULT false;

-- Fresh jobs, best first: by age, moved by their priority.
CREATE INDEX "job_rank_idx" ON "job" ("tenant_id", "rank_ms", "id") WHERE "status" = 'queued' AND "dispatch_no" = 0;
DROP INDEX "job_fresh_idx";

-- Jobs whose time ran out before they were started.
CREATE INDEX "job_unstarted_limit_idx" ON "job" (LEAST("expires_at", "deadline_at"))
  WHERE "started_at" IS NULL AND "finished_at" IS NULL AND LEAST("expires_at", "deadline_at") IS NOT NULL;

-- The tries of a job are a chain: each is retried once at most, the next retry is one of the retry.
CREATE UNIQUE INDEX "job_retry_of_key" ON "job" ("retry_of") WHERE "retry_of" IS NOT NULL;

-- Jobs that wait for their account's credits, oldest first.
CREATE INDEX "job_credits_idx" ON "job" ("account_id", "id") WHERE "waiting_reason" = 'credits' AND "finished_at" IS NULL;
