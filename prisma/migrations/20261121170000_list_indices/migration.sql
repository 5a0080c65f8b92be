-- Lists of jobs by status, newest first: the open ones are few, the ended ones are written here once.
CREATE INDEX "job_open_idx" ON "job" ("tenant_id", "id") WHERE "finished_at" IS NULL;
CREATE INDEX "job_ended_idx" ON "job" ("tenant_id", "status", "id") WHERE "finished_at" IS NOT NULL;
