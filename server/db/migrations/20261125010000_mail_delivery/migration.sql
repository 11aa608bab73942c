-- The delivery of mails: who is sending one, and nothing of what it said once it has left.

ALTER TABLE "notifications"
  ALTER COLUMN "data_encrypted" DROP NOT NULL,
  ADD COLUMN "claimed_until" TIMESTAMPTZ(3);

-- What waits can be sent: it still has what it is made of.
ALTER TABLE "notifications"
  ADD CONSTRAINT "notifications_pending_check" CHECK ("state" <> 'PENDING' OR "data_encrypted" IS NOT NULL),
  ADD CONSTRAINT "notifications_sent_check" CHECK (("state" = 'SENT') = ("sent_at" IS NOT NULL));

DROP INDEX "notifications_state_created_at_idx";
CREATE INDEX "notifications_state_created_at_id_idx" ON "notifications" ("state", "created_at", "id");
CREATE INDEX "notifications_kind_created_at_id_idx" ON "notifications" ("kind", "created_at", "id");
CREATE INDEX "notifications_created_at_id_idx" ON "notifications" ("created_at", "id");
