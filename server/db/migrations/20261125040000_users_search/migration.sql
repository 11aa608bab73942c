-- What users are searched by, kept: a search that fits some thousand users compares it with each of them, and lowering
-- letters costs longer than comparing them.
ALTER TABLE "users" ADD COLUMN "search" TEXT GENERATED ALWAYS AS (' ' || lower("name") || ' ' || lower("email")) STORED;

DROP INDEX "users_search_idx";
DO $$
DECLARE
  "home" text;
BEGIN
  SELECT "nspname" INTO "home" FROM "pg_extension" JOIN "pg_namespace" ON "pg_namespace"."oid" = "extnamespace"
  WHERE "extname" = 'pg_trgm';
  -- No list of pending entries: a search never waits for what was registered since the last vacuum.
  EXECUTE format(
    'CREATE INDEX "users_search_idx" ON "users" USING gin ("search" %I.gin_trgm_ops) WITH (fastupdate = off) WHERE "deleted_at" IS NULL',
    "home"
  );
END
$$;
