-- The few administrators among many users, in the order of the list: no row of theirs needs to be read to sort them.
CREATE INDEX "users_administrators_idx" ON "users" ("created_at", "id") INCLUDE ("deleted_at") WHERE "role" = 'ADMINISTRATOR';
