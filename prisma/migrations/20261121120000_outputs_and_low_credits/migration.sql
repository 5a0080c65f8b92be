-- An event may be the tenant's own, without a job.
ALTER TABLE "event" ALTER COLUMN "job_id" DROP NOT NULL, ALTER COLUMN "seq" DROP NOT NULL;

ALTER TABLE "account" ADD COLUMN "credits_low" BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE "render" ADD COLUMN "stored_key" TEXT, ADD COLUMN "stored_type" TEXT, ADD COLUMN "stored_bytes" INTEGER;
