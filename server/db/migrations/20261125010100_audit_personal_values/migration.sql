-- The trail never changes, and who is deleted must not be told by it for ever. So what a change says of a person (name,
-- address, telephone) stands beside its row: as unchangeable while they have an account, and gone with it.

CREATE TABLE "audit_personal_values" (
  "audit_event_id" UUID NOT NULL,
  "user_id" UUID NOT NULL,
  "before" JSONB,
  "after" JSONB,

  CONSTRAINT "audit_personal_values_pkey" PRIMARY KEY ("audit_event_id"),
  CONSTRAINT "audit_personal_values_audit_event_id_fkey" FOREIGN KEY ("audit_event_id")
    REFERENCES "audit_events" ("id") ON DELETE RESTRICT ON UPDATE RESTRICT
);
CREATE INDEX "audit_personal_values_user_id_idx" ON "audit_personal_values" ("user_id");

CREATE TRIGGER "audit_personal_values_append_only" BEFORE UPDATE ON "audit_personal_values"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "audit_personal_values_no_truncate" BEFORE TRUNCATE ON "audit_personal_values"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

CREATE FUNCTION "keep_personal_values"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM "users" WHERE "id" = OLD."user_id" AND "deleted_at" IS NULL) THEN
    RAISE EXCEPTION 'DELETE on "audit_personal_values" is refused: the person has an account'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
  END IF;
  RETURN OLD;
END
$$;
CREATE TRIGGER "audit_personal_values_kept" BEFORE DELETE ON "audit_personal_values"
  FOR EACH ROW EXECUTE FUNCTION "keep_personal_values"();
