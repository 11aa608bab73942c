-- The revision that a subscription ran before its upgrade, to which its owner may go back.
ALTER TABLE "subscriptions" ADD COLUMN "previous_revision_id" UUID;

CREATE INDEX "subscriptions_previous_revision_id_idx" ON "subscriptions"("previous_revision_id");

ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_previous_revision_id_fkey" FOREIGN KEY ("previous_revision_id") REFERENCES "service_revisions"("id") ON DELETE SET NULL ON UPDATE CASCADE;
