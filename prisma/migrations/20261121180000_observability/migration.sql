-- For whoever runs it: when a key was used last, how long a phase took, and which trace a job belongs to.

-- AlterTable
ALTER TABLE "api_key" ADD COLUMN     "last_used_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "job" ADD COLUMN     "phase_started_at" TIMESTAMPTZ(3),
ADD COLUMN     "traceparent" TEXT;

-- The open jobs, for the metrics: counted without a look at the rows.
CREATE INDEX "job_open_status_idx" ON "job" ("status", "type", "created_at") WHERE "finished_at" IS NULL;
