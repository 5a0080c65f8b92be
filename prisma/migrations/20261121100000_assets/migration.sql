-- AlterTable
ALTER TABLE "job" ADD COLUMN "asset_ids" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[];

-- CreateTable
CREATE TABLE "asset" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "filename" TEXT NOT NULL,
    "content_type" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "store_key" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "asset_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "upload" (
    "session_id" TEXT NOT NULL,
    "upstream_id" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "job_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "kind" TEXT,
    "cdn_url" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sent_at" TIMESTAMPTZ(3),
    "done_at" TIMESTAMPTZ(3),

    CONSTRAINT "upload_pkey" PRIMARY KEY ("session_id","upstream_id","source")
);

-- CreateIndex
CREATE INDEX "asset_tenant_id_id_idx" ON "asset"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "asset_used_at_idx" ON "asset"("used_at");

-- What the removal of assets looks over: those that clients have deleted, and what open jobs need.
CREATE INDEX "asset_deleted_idx" ON "asset" ("deleted_at") WHERE "deleted_at" IS NOT NULL;
CREATE INDEX "job_assets_open_idx" ON "job" ("id") WHERE "finished_at" IS NULL AND "asset_ids" <> '{}';
