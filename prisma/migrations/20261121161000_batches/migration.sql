-- Batches: many jobs in one request.

-- CreateTable
CREATE TABLE "batch" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "skipped" INTEGER NOT NULL,
    "skipped_items" JSON NOT NULL,
    "max_concurrency" INTEGER,
    "max_credits" INTEGER,
    "webhook_url" TEXT,
    "metadata" JSON NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "cancel_requested_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "batch_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "batch_tenant_id_id_idx" ON "batch"("tenant_id", "id");

-- AlterTable
ALTER TABLE "job" ADD COLUMN "batch_id" TEXT, ADD COLUMN "custom_id" TEXT, ADD COLUMN "capped" BOOLEAN NOT NULL DEFAULT false;

-- Batches that are not complete.
CREATE INDEX "batch_open_idx" ON "batch" ("id") WHERE "finished_at" IS NULL;

-- How far a batch is, and whether it has an open job; its jobs in their order.
CREATE INDEX "job_batch_status_idx" ON "job" ("batch_id", "status") WHERE "batch_id" IS NOT NULL;
CREATE INDEX "job_batch_id_idx" ON "job" ("batch_id", "id") WHERE "batch_id" IS NOT NULL;

-- Fresh jobs, best first. Those of a batch with a cap are apart: a batch that is at its cap is not walked through.
CREATE INDEX "job_rank_free_idx" ON "job" ("tenant_id", "rank_ms", "id") WHERE "status" = 'queued' AND "dispatch_no" = 0 AND NOT "capped";
CREATE INDEX "job_rank_capped_idx" ON "job" ("batch_id", "rank_ms", "id") WHERE "status" = 'queued' AND "dispatch_no" = 0 AND "capped";
DROP INDEX "job_rank_idx";
