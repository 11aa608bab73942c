-- The catalog as operators keep it and as everybody reads it: links, icons, limits, search, prices to sort by, and a
-- version of the whole that tells a cache whether anything changed.

-- An icon is `{"monogram": …, "color": …}` or `{"svg": …}`. Nothing could write one before.
ALTER TABLE "categories" ALTER COLUMN "icon" TYPE JSONB USING NULL;

ALTER TABLE "services"
  ALTER COLUMN "icon" TYPE JSONB USING NULL,
  ADD COLUMN "links" JSONB NOT NULL DEFAULT '[]',
  ADD COLUMN "published_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
UPDATE "services" SET "published_at" = "created_at", "tags" = coalesce("tags", '{}');
ALTER TABLE "services" ALTER COLUMN "tags" SET DEFAULT ARRAY[]::TEXT[], ALTER COLUMN "tags" SET NOT NULL;

ALTER TABLE "service_revisions" ADD COLUMN "note" TEXT NOT NULL DEFAULT '';

ALTER TABLE "plan_versions" ADD COLUMN "max_per_organization" INTEGER;
ALTER TABLE "plan_versions" ADD CONSTRAINT "plan_versions_max_per_organization_check" CHECK ("max_per_organization" >= 1);

-- Search. Joining an array is not immutable for every element type; for text it is.

CREATE FUNCTION "joined_tags"("tags" TEXT[]) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_to_string("tags", ' ')
$$;

-- `simple`, because a catalog is written in whatever language its operator speaks.
ALTER TABLE "services" ADD COLUMN "search" TSVECTOR GENERATED ALWAYS AS (
  setweight(to_tsvector('simple'::regconfig, "name" || ' ' || "slug"), 'A')
  || setweight(to_tsvector('simple'::regconfig, "joined_tags"("tags")), 'B')
  || setweight(to_tsvector('simple'::regconfig, "tagline"), 'C')
  || setweight(to_tsvector('simple'::regconfig, "description"), 'D')
) STORED;

CREATE INDEX "services_search_idx" ON "services" USING GIN ("search");
CREATE INDEX "services_tags_idx" ON "services" USING GIN ("tags");

-- Names are also found with a letter wrong. pg_trgm is there since users are searched, in whatever schema its owner put
-- it: these names lead to it from everywhere. PostgreSQL puts simple functions like these into the query itself, so that
-- the index serves it.
DO $$
DECLARE
  "home" text;
BEGIN
  SELECT "nspname" INTO "home" FROM "pg_extension" JOIN "pg_namespace" ON "pg_namespace"."oid" = "extnamespace"
  WHERE "extname" = 'pg_trgm';
  EXECUTE format('CREATE INDEX "services_name_trigrams_idx" ON "services" USING GIN (lower("name") %I.gin_trgm_ops)', "home");
  EXECUTE format(
    'CREATE FUNCTION "is_alike"(text, text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $q$SELECT $1 OPERATOR(%I.%%) $2$q$',
    "home"
  );
  EXECUTE format(
    'CREATE FUNCTION "likeness"(text, text) RETURNS real LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $q$SELECT %I.similarity($1, $2)$q$',
    "home"
  );
END
$$;
CREATE INDEX "services_category_id_status_name_id_idx" ON "services" ("category_id", "status", "name", "id");
CREATE INDEX "services_status_published_at_id_idx" ON "services" ("status", "published_at", "id");
-- The first column of the one above.
DROP INDEX "services_category_id_idx";

-- The lowest price of a service in each currency, by the month, so that plans by the hour, the month and the year can
-- be sorted and filtered in one list. Kept by the database, because several ways lead to a plan's price.

CREATE TABLE "service_prices" (
  "service_id" UUID NOT NULL,
  "currency" CHAR(3) NOT NULL,
  "monthly_minor_units" BIGINT NOT NULL,
  "plan_id" UUID NOT NULL,

  CONSTRAINT "service_prices_pkey" PRIMARY KEY ("service_id", "currency"),
  CONSTRAINT "service_prices_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT "service_prices_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plans" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "service_prices_currency_monthly_minor_units_service_id_idx"
  ON "service_prices" ("currency", "monthly_minor_units", "service_id");
CREATE INDEX "service_prices_plan_id_idx" ON "service_prices" ("plan_id");

-- A month has 730 hours.
CREATE FUNCTION "write_service_prices"("of_services" UUID[]) RETURNS void LANGUAGE sql AS $$
  DELETE FROM "service_prices" WHERE "service_id" = ANY("of_services");
  INSERT INTO "service_prices" ("service_id", "currency", "monthly_minor_units", "plan_id")
  SELECT DISTINCT ON (p."service_id", v."currency") p."service_id", v."currency", m."monthly", p."id"
  FROM "plans" p
  JOIN "plan_versions" v ON v."id" = p."current_version_id",
  LATERAL (SELECT CASE v."interval"
    WHEN 'HOUR' THEN v."price_minor_units" * 730
    WHEN 'YEAR' THEN round(v."price_minor_units" / 12.0)::bigint
    ELSE v."price_minor_units" END AS "monthly") m
  WHERE p."service_id" = ANY("of_services") AND p."visible"
  ORDER BY p."service_id", v."currency", m."monthly", p."position", p."id"
$$;

CREATE FUNCTION "plans_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "write_service_prices"(ARRAY(SELECT DISTINCT "service_id" FROM "changed_plans"));
  RETURN NULL;
END
$$;
CREATE TRIGGER "plans_prices_insert" AFTER INSERT ON "plans" REFERENCING NEW TABLE AS "changed_plans"
  FOR EACH STATEMENT EXECUTE FUNCTION "plans_changed"();
CREATE TRIGGER "plans_prices_update" AFTER UPDATE ON "plans" REFERENCING NEW TABLE AS "changed_plans"
  FOR EACH STATEMENT EXECUTE FUNCTION "plans_changed"();
CREATE TRIGGER "plans_prices_delete" AFTER DELETE ON "plans" REFERENCING OLD TABLE AS "changed_plans"
  FOR EACH STATEMENT EXECUTE FUNCTION "plans_changed"();

SELECT "write_service_prices"(ARRAY(SELECT "id" FROM "services"));

-- The version of the whole catalog: what an ETag of the public pages is made of. It is raised in the transaction of the
-- change, at its end, so that two operators wait for each other for the length of a commit only.

CREATE TABLE "catalog_state" (
  "singleton" BOOLEAN NOT NULL DEFAULT true,
  "version" BIGINT NOT NULL DEFAULT 1,

  CONSTRAINT "catalog_state_pkey" PRIMARY KEY ("singleton"),
  CONSTRAINT "catalog_state_singleton_check" CHECK ("singleton")
);
INSERT INTO "catalog_state" DEFAULT VALUES;

-- Once per transaction, however many rows it changes.
CREATE FUNCTION "raise_catalog_version"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('berth.catalog_raised_in', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
    UPDATE "catalog_state" SET "version" = "version" + 1;
    PERFORM set_config('berth.catalog_raised_in', pg_current_xact_id()::text, true);
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER "categories_catalog_version" AFTER INSERT OR UPDATE OR DELETE ON "categories"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "raise_catalog_version"();
CREATE CONSTRAINT TRIGGER "services_catalog_version" AFTER INSERT OR UPDATE OR DELETE ON "services"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "raise_catalog_version"();
CREATE CONSTRAINT TRIGGER "plans_catalog_version" AFTER INSERT OR UPDATE OR DELETE ON "plans"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "raise_catalog_version"();
