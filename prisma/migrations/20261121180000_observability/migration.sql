-- For whoever runs it: when a key was used last, how long a phase took, and which trace a job belongs to.

-- AlterTable
ALTER TABLE "api_key" ADD COLUMN     "last_used_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "job" ADD COLUMN     "phase_started_at" TIMESTAMPTZ(3),
ADD COLUMN     "traceparent" TEXT;
