-- Administrators look for what was sent to an address by its beginning. Addresses are stored in lower case. The condition
-- is always true: Prisma cannot say the operator class, and leaves partial indexes alone.
CREATE INDEX "notifications_recipient_created_at_id_idx"
  ON "notifications" ("recipient" text_pattern_ops, "created_at", "id") WHERE "recipient" IS NOT NULL;
