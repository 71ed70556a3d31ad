-- CreateEnum
CREATE TYPE "alert_status" AS ENUM ('open', 'acknowledged', 'resolved');

-- CreateEnum
CREATE TYPE "severity" AS ENUM ('informational', 'low', 'medium', 'high', 'critical');

-- CreateTable
CREATE TABLE "alerts" (
    "id" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "status" "alert_status" NOT NULL DEFAULT 'open',
    "severity" "severity" NOT NULL,
    "title" TEXT NOT NULL,
    "rule_id" TEXT NOT NULL,
    "rule" JSONB NOT NULL,
    "entities" JSONB NOT NULL,
    "asset_handle" TEXT,
    "host" TEXT,
    "user" TEXT,
    "count" BIGINT NOT NULL,
    "counted" JSONB NOT NULL,
    "first_seen" TIMESTAMPTZ(3) NOT NULL,
    "last_seen" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "acknowledged_at" TIMESTAMPTZ(3),
    "resolved_at" TIMESTAMPTZ(3),
    "status_by" TEXT,
    "status_comment" TEXT,
    "announced_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "pending_since" TIMESTAMPTZ(3),

    CONSTRAINT "alerts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert_evidence" (
    "alert_id" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL,
    "source" TEXT NOT NULL,
    "origin" JSONB NOT NULL,
    "entities" JSONB NOT NULL,
    "raw" TEXT NOT NULL,
    "raw_truncated" BOOLEAN NOT NULL,

    CONSTRAINT "alert_evidence_pkey" PRIMARY KEY ("alert_id","event_id")
);

-- CreateTable
CREATE TABLE "alert_changes" (
    "sequence" BIGSERIAL NOT NULL,
    "alert_id" TEXT NOT NULL,
    "message" JSONB NOT NULL,
    "published_at" TIMESTAMPTZ(3),

    CONSTRAINT "alert_changes_pkey" PRIMARY KEY ("sequence")
);

-- CreateTable
CREATE TABLE "detection_rules" (
    "id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "level" "severity" NOT NULL,
    "status" TEXT,
    "author" TEXT,
    "snapshot" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "detection_rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "assets" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "platform" TEXT,
    "first_seen" TIMESTAMPTZ(3) NOT NULL,
    "last_seen" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "assets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "asset_handles" (
    "handle" TEXT NOT NULL,
    "asset_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "first_seen" TIMESTAMPTZ(3) NOT NULL,
    "last_seen" TIMESTAMPTZ(3) NOT NULL,
    "bound_at" TIMESTAMPTZ(3),

    CONSTRAINT "asset_handles_pkey" PRIMARY KEY ("handle")
);

-- CreateTable
CREATE TABLE "asset_users" (
    "asset_id" TEXT NOT NULL,
    "user" TEXT NOT NULL,
    "first_seen" TIMESTAMPTZ(3) NOT NULL,
    "last_seen" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "asset_users_pkey" PRIMARY KEY ("asset_id","user")
);

-- CreateTable
CREATE TABLE "dead_letters" (
    "id" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "topic_id" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    "line" INTEGER NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "rejected_at" TIMESTAMPTZ(3) NOT NULL,
    "bytes" BYTEA NOT NULL,
    "bytes_truncated" BOOLEAN NOT NULL,
    "size" INTEGER NOT NULL,
    "file" TEXT,
    "file_line" INTEGER,

    CONSTRAINT "dead_letters_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "scopes" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "alerts_fingerprint_key" ON "alerts"("fingerprint");

-- CreateIndex
CREATE INDEX "alerts_created_at_id_idx" ON "alerts"("created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "alerts_status_severity_created_at_idx" ON "alerts"("status", "severity", "created_at" DESC);

-- CreateIndex
CREATE INDEX "alerts_asset_handle_idx" ON "alerts"("asset_handle");

-- CreateIndex
CREATE INDEX "alerts_rule_id_idx" ON "alerts"("rule_id");

-- CreateIndex
CREATE INDEX "alerts_host_idx" ON "alerts"("host");

-- CreateIndex
CREATE INDEX "alerts_user_idx" ON "alerts"("user");

-- CreateIndex
CREATE INDEX "alerts_pending_since_idx" ON "alerts"("pending_since");

-- CreateIndex
CREATE INDEX "alert_changes_published_at_sequence_idx" ON "alert_changes"("published_at", "sequence");

-- CreateIndex
CREATE INDEX "assets_last_seen_id_idx" ON "assets"("last_seen" DESC, "id");

-- CreateIndex
CREATE INDEX "assets_name_idx" ON "assets"("name");

-- CreateIndex
CREATE INDEX "asset_handles_asset_id_idx" ON "asset_handles"("asset_id");

-- CreateIndex
CREATE INDEX "asset_handles_kind_name_idx" ON "asset_handles"("kind", "name");

-- CreateIndex
CREATE INDEX "dead_letters_rejected_at_id_idx" ON "dead_letters"("rejected_at" DESC, "id");

-- CreateIndex
CREATE INDEX "dead_letters_reason_rejected_at_idx" ON "dead_letters"("reason", "rejected_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys"("hash");

-- AddForeignKey
ALTER TABLE "alert_evidence" ADD CONSTRAINT "alert_evidence_alert_id_fkey" FOREIGN KEY ("alert_id") REFERENCES "alerts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "asset_handles" ADD CONSTRAINT "asset_handles_asset_id_fkey" FOREIGN KEY ("asset_id") REFERENCES "assets"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "asset_users" ADD CONSTRAINT "asset_users_asset_id_fkey" FOREIGN KEY ("asset_id") REFERENCES "assets"("id") ON DELETE CASCADE ON UPDATE CASCADE;
