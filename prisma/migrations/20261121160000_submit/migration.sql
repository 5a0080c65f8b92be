-- Idempotency keys and client references.

-- CreateTable
CREATE TABLE "idempotency_key" (
    "tenant_id" TEXT NOT NULL,
    "route" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "resource_ids" TEXT[] NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("tenant_id","route","key")
);

-- CreateIndex
CREATE INDEX "idempotency_key_created_at_idx" ON "idempotency_key"("created_at");

-- AlterTable
ALTER TABLE "job" ADD COLUMN "client_reference" TEXT;

-- A reference is a client's own name for a job: one job a tenant has it.
CREATE UNIQUE INDEX "job_client_reference_key" ON "job" ("tenant_id", "client_reference") WHERE "client_reference" IS NOT NULL;

-- The jobs that count against MAX_QUEUED_PER_TENANT.
CREATE INDEX "job_unstarted_idx" ON "job" ("tenant_id") WHERE "started_at" IS NULL AND "finished_at" IS NULL;
