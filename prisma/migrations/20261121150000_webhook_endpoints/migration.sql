-- Webhook endpoints, lanes, resends, rotating secrets, and a cursor for events that skips none.

CREATE TABLE "webhook_endpoint" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "description" TEXT,
    "events" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "disabled_reason" TEXT,
    "failing_since" TIMESTAMPTZ(3),
    "secret" TEXT NOT NULL,
    "previous_secret" TEXT,
    "previous_secret_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_endpoint_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "webhook_endpoint_tenant_id_id_idx" ON "webhook_endpoint"("tenant_id", "id");

ALTER TABLE "tenant" ADD COLUMN "previous_webhook_secret" TEXT,
ADD COLUMN "previous_webhook_secret_until" TIMESTAMPTZ(3);

ALTER TABLE "webhook_message" ADD COLUMN "endpoint_id" TEXT,
ADD COLUMN "lane_key" TEXT NOT NULL DEFAULT '-',
ADD COLUMN "tries" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "resends" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "asked" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN "leased_until" TIMESTAMPTZ(3);

UPDATE "webhook_message" SET "tries" = "attempts", "lane_key" = left(COALESCE(lower(substring("url" FROM '^[^/]*//[^/?#]*')), "url"), 255)
WHERE "status" = 'pending';

CREATE INDEX "webhook_message_endpoint_id_id_idx" ON "webhook_message"("endpoint_id", "id");

-- The waiting messages of each lane, in the order in which they are due.
CREATE INDEX "webhook_message_lane_idx" ON "webhook_message" ("lane_key", "next_attempt_at") WHERE "status" = 'pending';
DROP INDEX "webhook_message_due_idx";

-- A claim writes the lease only, which no index holds: with room on the page it costs no index entry.
ALTER TABLE "webhook_message" SET (fillfactor = 70);

-- The transaction that wrote the event. What is older than the oldest open transaction is complete, so whoever reads
-- in this order up to there skips nothing.
ALTER TABLE "event" ADD COLUMN "txid" xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX "event_tenant_id_txid_id_idx" ON "event"("tenant_id", "txid", "id");
