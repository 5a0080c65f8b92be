-- A tenant's registered tokens are its own rows, even where two tenants have the same token.
DROP INDEX "account_token_hash_key";
CREATE UNIQUE INDEX "account_tenant_id_token_hash_key" ON "account"("tenant_id", "token_hash");
-- That of NEMO_TOKEN belongs to no tenant: one row for all.
CREATE UNIQUE INDEX "account_shared_key" ON "account" ("token_hash") WHERE "tenant_id" IS NULL;
-- Rows with the same token spend the same credits.
CREATE INDEX "account_token_hash_idx" ON "account"("token_hash");

ALTER TABLE "account" ADD COLUMN "chosen_at" TIMESTAMPTZ(3);

-- All tenants share the account of NEMO_TOKEN, but not the record of who read its credits when.
ALTER TABLE "credit_snapshot" ADD COLUMN "tenant_id" TEXT;
UPDATE "credit_snapshot" SET "tenant_id" = "job"."tenant_id" FROM "job" WHERE "job"."id" = "credit_snapshot"."job_id";
CREATE INDEX "credit_snapshot_tenant_id_account_id_id_idx" ON "credit_snapshot"("tenant_id", "account_id", "id");

ALTER TABLE "session" ADD COLUMN "name" TEXT;
