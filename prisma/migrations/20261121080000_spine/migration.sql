-- CreateTable
CREATE TABLE "tenant" (
    "id" TEXT NOT NULL,
    "webhook_secret" TEXT NOT NULL,
    "last_served_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tenant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "hint" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "account" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT,
    "kind" TEXT NOT NULL,
    "client_id" TEXT,
    "token_hash" TEXT,
    "token" TEXT,
    "token_expires_at" TIMESTAMPTZ(3),
    "user_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "credit_snapshot" (
    "id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "job_id" TEXT,
    "available" INTEGER NOT NULL,
    "frozen" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "credit_snapshot_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "account_id" TEXT,
    "skill" TEXT NOT NULL,
    "language" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'new',
    "task_id" TEXT,
    "upstream_id" TEXT,
    "workspace_url" TEXT,
    "state" JSON,
    "state_at" TIMESTAMPTZ(3),
    "opened_by" TEXT,
    "holder_job_id" TEXT,
    "turn_open_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "job" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "session_id" TEXT NOT NULL,
    "account_id" TEXT,
    "type" TEXT NOT NULL,
    "skill" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "phase" TEXT,
    "seq" INTEGER NOT NULL DEFAULT 1,
    "priority" INTEGER NOT NULL DEFAULT 0,
    "input" JSON NOT NULL,
    "metadata" JSON NOT NULL,
    "webhook_url" TEXT,
    "webhook_events" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "waiting_reason" TEXT,
    "progress" JSON NOT NULL,
    "result" JSON,
    "error" JSON,
    "cost" JSON NOT NULL,
    "charged" TEXT NOT NULL DEFAULT 'no',
    "request_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "lane" TEXT NOT NULL DEFAULT 'run',
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "dispatch_no" INTEGER NOT NULL DEFAULT 0,
    "dispatched_at" TIMESTAMPTZ(3),
    "epoch" INTEGER NOT NULL DEFAULT 0,
    "owner" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "turn_state" TEXT NOT NULL DEFAULT 'unsent',
    "sent_at" TIMESTAMPTZ(3),
    "turn_ended_at" TIMESTAMPTZ(3),
    "turn_end" TEXT,
    "turn_fold" JSON,
    "state_before_hash" TEXT,
    "state_last_hash" TEXT,
    "recovery_reads" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failing_since" TIMESTAMPTZ(3),
    "remedies" TEXT[] DEFAULT ARRAY[]::TEXT[],

    CONSTRAINT "job_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "render" (
    "id" TEXT NOT NULL,
    "job_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "draft" JSON NOT NULL,
    "output" JSON NOT NULL,
    "output_url" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "submitted_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "render_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "job_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "phase" TEXT,
    "body" JSON NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_message" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "event_type" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3) DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_message_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_attempt" (
    "id" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "status_code" INTEGER,
    "duration_ms" INTEGER NOT NULL,
    "error" TEXT,
    "response" TEXT NOT NULL,

    CONSTRAINT "webhook_attempt_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");

-- CreateIndex
CREATE INDEX "api_key_tenant_id_idx" ON "api_key"("tenant_id");

-- CreateIndex
CREATE UNIQUE INDEX "account_client_id_key" ON "account"("client_id");

-- CreateIndex
CREATE UNIQUE INDEX "account_token_hash_key" ON "account"("token_hash");

-- CreateIndex
CREATE INDEX "credit_snapshot_account_id_at_idx" ON "credit_snapshot"("account_id", "at");

-- CreateIndex
CREATE INDEX "session_tenant_id_id_idx" ON "session"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "job_tenant_id_id_idx" ON "job"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "job_session_id_idx" ON "job"("session_id");

-- CreateIndex
CREATE UNIQUE INDEX "render_job_id_number_key" ON "render"("job_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "event_job_id_seq_key" ON "event"("job_id", "seq");

-- CreateIndex
CREATE INDEX "webhook_message_tenant_id_id_idx" ON "webhook_message"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "webhook_attempt_message_id_idx" ON "webhook_attempt"("message_id");

-- Partial indexes: each tracks the open work, never the history.

-- Fresh jobs, in the order in which the dispatcher takes them.
CREATE INDEX "job_fresh_idx" ON "job" ("tenant_id", "priority" DESC, "id") WHERE "status" = 'queued' AND "dispatch_no" = 0;

-- Jobs between two phases that wait for their next dispatch.
CREATE INDEX "job_between_idx" ON "job" ("due_at") WHERE "dispatched_at" IS NULL AND "dispatch_no" > 0 AND "finished_at" IS NULL;

-- Jobs that count against TENANT_CONCURRENCY.
CREATE INDEX "job_admitted_idx" ON "job" ("tenant_id") WHERE "dispatch_no" > 0 AND "finished_at" IS NULL;

-- What the reconciler looks over.
CREATE INDEX "job_dispatched_idx" ON "job" ("due_at") WHERE "dispatched_at" IS NOT NULL AND "finished_at" IS NULL;

-- Who comes next in a session.
CREATE INDEX "job_session_open_idx" ON "job" ("session_id", "id") WHERE "finished_at" IS NULL;

-- Turns of one account that may overlap.
CREATE INDEX "job_account_turn_idx" ON "job" ("account_id", "sent_at") WHERE "sent_at" IS NOT NULL;

-- One anonymous identity a tenant, for ever.
CREATE UNIQUE INDEX "account_anonymous_key" ON "account" ("tenant_id") WHERE "kind" = 'anonymous';

CREATE INDEX "webhook_message_due_idx" ON "webhook_message" ("next_attempt_at") WHERE "status" = 'pending';
