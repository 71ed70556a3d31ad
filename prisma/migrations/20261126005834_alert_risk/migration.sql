-- AlterTable
ALTER TABLE "alerts" ADD COLUMN     "account" TEXT,
ADD COLUMN     "risk_contributions" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "risk_score" SMALLINT;

-- Alerts of before belong to the risk of their accounts too.
UPDATE "alerts" SET "account" = left(lower("entities"->>'account'), 500) WHERE "entities"->>'account' IS NOT NULL;

-- CreateIndex
CREATE INDEX "alerts_account_idx" ON "alerts"("account");

-- CreateIndex
CREATE INDEX "alerts_last_seen_idx" ON "alerts"("last_seen" DESC);
