-- Administrators look for people among millions of rows, count them on a dashboard, and must not lock themselves out.

-- A part of a name or an address is found by its trigrams. The extension ships with PostgreSQL and is trusted: the owner
-- of the database may create it. It may stand in another schema, as hosted databases have it.
DO $$
DECLARE
  "home" text;
BEGIN
  BEGIN
    CREATE EXTENSION IF NOT EXISTS "pg_trgm";
  EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE EXCEPTION 'the PostgreSQL extension pg_trgm is needed and could not be created (%): run CREATE EXTENSION pg_trgm in this database as its owner, then start again', SQLERRM;
  END;
  SELECT "nspname" INTO "home" FROM "pg_extension" JOIN "pg_namespace" ON "pg_namespace"."oid" = "extnamespace"
  WHERE "extname" = 'pg_trgm';
  -- No list of pending entries: a search never waits for what was registered since the last vacuum.
  EXECUTE format(
    'CREATE INDEX "users_search_idx" ON "users" USING gin ((%s) %I.gin_trgm_ops) WITH (fastupdate = off) WHERE "deleted_at" IS NULL',
    $q$' ' || lower("name") || ' ' || lower("email")$q$, "home"
  );
END
$$;

-- One for each order of the list; that by address is users_email_key, that by age users_created_at_id_idx. Who was never
-- seen comes before everybody who was.
CREATE INDEX "users_name_id_idx" ON "users" (lower("name"), "id");
-- What else it holds is what the list by age needs of who was seen in some span: the rows need not be read one by one.
CREATE INDEX "users_last_seen_at_id_idx" ON "users" (coalesce("last_seen_at", '-infinity'::timestamptz), "id")
  INCLUDE ("last_seen_at", "created_at", "deleted_at");

-- And one for each filter that may fit few; that of roles is users_role_status_idx.
CREATE INDEX "users_status_idx" ON "users" ("status");
CREATE INDEX "users_verified_idx" ON "users" (("email_verified_at" IS NOT NULL));
CREATE INDEX "users_deleted_idx" ON "users" ("created_at", "id") WHERE "deleted_at" IS NOT NULL;

-- Where few have an account that can sign in as an administrator, the last of them stays one, whichever way a change
-- comes. The lock has two that each take the other's role away follow each other: the second sees what the first did.
CREATE FUNCTION "keep_an_administrator"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7302002);
  IF NOT EXISTS (
    SELECT 1 FROM "users"
    WHERE "role" = 'ADMINISTRATOR' AND "status" = 'ACTIVE' AND "password_hash" IS NOT NULL AND "id" <> OLD."id"
  ) THEN
    RAISE EXCEPTION 'the last administrator stays one'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'users_last_administrator', TABLE = 'users';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER "users_last_administrator_update" BEFORE UPDATE ON "users" FOR EACH ROW
  WHEN (
    (OLD."role" = 'ADMINISTRATOR' AND OLD."status" = 'ACTIVE' AND OLD."password_hash" IS NOT NULL)
    AND NOT (NEW."role" = 'ADMINISTRATOR' AND NEW."status" = 'ACTIVE' AND NEW."password_hash" IS NOT NULL)
  )
  EXECUTE FUNCTION "keep_an_administrator"();
CREATE TRIGGER "users_last_administrator_delete" BEFORE DELETE ON "users" FOR EACH ROW
  WHEN (OLD."role" = 'ADMINISTRATOR' AND OLD."status" = 'ACTIVE' AND OLD."password_hash" IS NOT NULL)
  EXECUTE FUNCTION "keep_an_administrator"();

-- Who is deleted owns nothing that lives. An order that was under way meanwhile waits here for the end of the deletion,
-- or the deletion for the order, and the second one sees the first.
CREATE FUNCTION "refuse_orders_of_deactivated"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM "users" WHERE "id" = NEW."created_by_id" AND "status" = 'ACTIVE' FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the account that orders is not active'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'subscriptions_orderer_active', TABLE = 'subscriptions';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "subscriptions_orderer_active" BEFORE INSERT ON "subscriptions"
  FOR EACH ROW EXECUTE FUNCTION "refuse_orders_of_deactivated"();

-- Counting a million rows for a dashboard costs longer than anybody waits: the counts are kept. Each is spread over 16
-- rows, by the connection that counts, so that two who register at once do not wait for each other; their sum is the
-- count, and one row alone may be negative.

CREATE TABLE "user_counts" (
  "role" "user_role" NOT NULL,
  "status" "user_status" NOT NULL,
  "deleted" BOOLEAN NOT NULL,
  "verified" BOOLEAN NOT NULL,
  "shard" INTEGER NOT NULL,
  "users" BIGINT NOT NULL,

  CONSTRAINT "user_counts_pkey" PRIMARY KEY ("role", "status", "deleted", "verified", "shard")
);

-- By the quarter of an hour: the day of every time zone begins at one.
CREATE TABLE "sign_up_counts" (
  "quarter" TIMESTAMPTZ(3) NOT NULL,
  "shard" INTEGER NOT NULL,
  "users" BIGINT NOT NULL,

  CONSTRAINT "sign_up_counts_pkey" PRIMARY KEY ("quarter", "shard")
);

-- By the hour in which they were seen last, while that is recent.
CREATE TABLE "last_seen_counts" (
  "hour" TIMESTAMPTZ(3) NOT NULL,
  "shard" INTEGER NOT NULL,
  "users" BIGINT NOT NULL,

  CONSTRAINT "last_seen_counts_pkey" PRIMARY KEY ("hour", "shard")
);

CREATE FUNCTION "hour_of"("seen" timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN date_bin('1 hour', "seen", '2000-01-01T00:00:00Z'::timestamptz);
CREATE FUNCTION "quarter_of"("made" timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN date_bin('15 minutes', "made", '2000-01-01T00:00:00Z'::timestamptz);

-- Once per statement, however many rows it has. Rows are counted in the order of their keys: two statements that count
-- the same ones never wait for each other in a circle.
CREATE FUNCTION "count_users"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "sign" integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
  "own" integer := pg_backend_pid() % 16;
BEGIN
  INSERT INTO "user_counts" AS c
    SELECT "role", "status", "deleted_at" IS NOT NULL, "email_verified_at" IS NOT NULL, "own", "sign" * count(*)
    FROM "changed" GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT ("role", "status", "deleted", "verified", "shard") DO UPDATE SET "users" = c."users" + EXCLUDED."users";
  INSERT INTO "sign_up_counts" AS c
    SELECT "quarter_of"("created_at"), "own", "sign" * count(*) FROM "changed" GROUP BY 1 ORDER BY 1
    ON CONFLICT ("quarter", "shard") DO UPDATE SET "users" = c."users" + EXCLUDED."users";
  INSERT INTO "last_seen_counts" AS c
    SELECT "hour_of"("last_seen_at"), "own", "sign" * count(*) FROM "changed"
    WHERE "last_seen_at" > now() - interval '40 days' GROUP BY 1 ORDER BY 1
    ON CONFLICT ("hour", "shard") DO UPDATE SET "users" = c."users" + EXCLUDED."users";
  RETURN NULL;
END
$$;
CREATE TRIGGER "users_count_insert" AFTER INSERT ON "users" REFERENCING NEW TABLE AS "changed"
  FOR EACH STATEMENT EXECUTE FUNCTION "count_users"();
CREATE TRIGGER "users_count_delete" AFTER DELETE ON "users" REFERENCING OLD TABLE AS "changed"
  FOR EACH STATEMENT EXECUTE FUNCTION "count_users"();

CREATE FUNCTION "recount_user"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "user_counts" AS c
    SELECT v."role", v."status", v."deleted", v."verified", pg_backend_pid() % 16, v."users"
    FROM (VALUES
      (OLD."role", OLD."status", OLD."deleted_at" IS NOT NULL, OLD."email_verified_at" IS NOT NULL, -1),
      (NEW."role", NEW."status", NEW."deleted_at" IS NOT NULL, NEW."email_verified_at" IS NOT NULL, 1)
    ) AS v ("role", "status", "deleted", "verified", "users")
    ORDER BY 1, 2, 3, 4
    ON CONFLICT ("role", "status", "deleted", "verified", "shard") DO UPDATE SET "users" = c."users" + EXCLUDED."users";
  RETURN NULL;
END
$$;
CREATE TRIGGER "users_count_update" AFTER UPDATE ON "users" FOR EACH ROW
  WHEN (
    (OLD."role", OLD."status", OLD."deleted_at" IS NULL, OLD."email_verified_at" IS NULL)
    IS DISTINCT FROM
    (NEW."role", NEW."status", NEW."deleted_at" IS NULL, NEW."email_verified_at" IS NULL)
  )
  EXECUTE FUNCTION "recount_user"();

CREATE FUNCTION "recount_last_seen"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "last_seen_counts" AS c
    SELECT "hour_of"(v."seen"), pg_backend_pid() % 16, v."users"
    FROM (VALUES (OLD."last_seen_at", -1), (NEW."last_seen_at", 1)) AS v ("seen", "users")
    WHERE v."seen" > now() - interval '40 days'
    ORDER BY 1
    ON CONFLICT ("hour", "shard") DO UPDATE SET "users" = c."users" + EXCLUDED."users";
  RETURN NULL;
END
$$;
-- Once an hour for each user, however often they are seen.
CREATE TRIGGER "users_count_last_seen" AFTER UPDATE ON "users" FOR EACH ROW
  WHEN ("hour_of"(OLD."last_seen_at") IS DISTINCT FROM "hour_of"(NEW."last_seen_at"))
  EXECUTE FUNCTION "recount_last_seen"();

INSERT INTO "user_counts"
  SELECT "role", "status", "deleted_at" IS NOT NULL, "email_verified_at" IS NOT NULL, 0, count(*) FROM "users"
  GROUP BY 1, 2, 3, 4;
INSERT INTO "sign_up_counts" SELECT "quarter_of"("created_at"), 0, count(*) FROM "users" GROUP BY 1;
INSERT INTO "last_seen_counts"
  SELECT "hour_of"("last_seen_at"), 0, count(*) FROM "users" WHERE "last_seen_at" > now() - interval '40 days' GROUP BY 1;
