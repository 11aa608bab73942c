-- Administrators look for organizations, and every order counts what its organization has.

CREATE INDEX "organizations_created_at_id_idx" ON "organizations" ("created_at", "id");
CREATE INDEX "organizations_name_idx" ON "organizations" (lower("name") text_pattern_ops);

-- Released reservations only grow in number; what is held is summed under a lock.
CREATE INDEX "reservations_held_idx" ON "reservations" ("organization_id") WHERE "released_at" IS NULL;

-- ISO 3166-1 alpha-2.
ALTER TABLE "organizations" ADD CONSTRAINT "organizations_country_check" CHECK ("country" ~ '^[A-Z]{2}$');
