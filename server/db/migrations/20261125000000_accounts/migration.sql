-- Accounts: mailed secrets, second factors, tokens for machines, and the ends of an account.

CREATE TYPE "deactivated_by" AS ENUM ('SELF', 'ADMINISTRATOR');
CREATE TYPE "one_time_token_kind" AS ENUM (
  'VERIFY_EMAIL', 'RESET_PASSWORD', 'CHANGE_EMAIL', 'INVITATION', 'TWO_FACTOR_CHALLENGE'
);

ALTER TABLE "users"
  ALTER COLUMN "password_hash" DROP NOT NULL,
  ADD COLUMN "invited_at" TIMESTAMPTZ(3),
  ADD COLUMN "deactivated_at" TIMESTAMPTZ(3),
  ADD COLUMN "deactivated_by" "deactivated_by",
  ADD COLUMN "deleted_at" TIMESTAMPTZ(3);

-- Who was deactivated before this migration knew by whom was so by an administrator: nobody else could.
UPDATE "users" SET "deactivated_at" = "updated_at", "deactivated_by" = 'ADMINISTRATOR' WHERE "status" = 'DEACTIVATED';

-- A deleted user is never active again, and keeps no password.
ALTER TABLE "users"
  ADD CONSTRAINT "users_deleted_check" CHECK (
    "deleted_at" IS NULL OR ("status" = 'DEACTIVATED' AND "password_hash" IS NULL)
  );

CREATE TABLE "one_time_tokens" (
  "id" UUID NOT NULL,
  "kind" "one_time_token_kind" NOT NULL,
  "user_id" UUID NOT NULL,
  "token_hash" BYTEA NOT NULL,
  "email" TEXT,
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "used_at" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "one_time_tokens_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "one_time_tokens_attempts_check" CHECK ("attempts" >= 0),
  CONSTRAINT "one_time_tokens_email_check" CHECK (("kind" = 'CHANGE_EMAIL') = ("email" IS NOT NULL)),
  CONSTRAINT "one_time_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "one_time_tokens_token_hash_key" ON "one_time_tokens" ("token_hash");
CREATE INDEX "one_time_tokens_user_id_kind_created_at_idx" ON "one_time_tokens" ("user_id", "kind", "created_at");
CREATE INDEX "one_time_tokens_expires_at_idx" ON "one_time_tokens" ("expires_at");

CREATE TABLE "two_factors" (
  "user_id" UUID NOT NULL,
  "secret_encrypted" TEXT NOT NULL,
  "last_used_step" BIGINT,
  "confirmed_at" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "two_factors_pkey" PRIMARY KEY ("user_id"),
  CONSTRAINT "two_factors_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE "recovery_codes" (
  "id" UUID NOT NULL,
  "user_id" UUID NOT NULL,
  "code_hash" BYTEA NOT NULL,
  "used_at" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "recovery_codes_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "recovery_codes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "recovery_codes_user_id_code_hash_key" ON "recovery_codes" ("user_id", "code_hash");

CREATE TABLE "access_tokens" (
  "id" UUID NOT NULL,
  "user_id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "hint" TEXT NOT NULL,
  "token_hash" BYTEA NOT NULL,
  "scopes" TEXT[],
  "expires_at" TIMESTAMPTZ(3),
  "revoked_at" TIMESTAMPTZ(3),
  "last_used_at" TIMESTAMPTZ(3),
  "last_ip_address" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "access_tokens_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "access_tokens_scopes_check" CHECK (cardinality("scopes") > 0),
  CONSTRAINT "access_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "access_tokens_token_hash_key" ON "access_tokens" ("token_hash");
CREATE INDEX "access_tokens_user_id_created_at_idx" ON "access_tokens" ("user_id", "created_at");

-- Nothing was ever sent from here before, and what a mail says is sealed from now on.
DELETE FROM "notifications";
ALTER TABLE "notifications" DROP COLUMN "data", ADD COLUMN "data_encrypted" TEXT NOT NULL;

ALTER TABLE "audit_events" ADD COLUMN "user_agent" TEXT;
CREATE INDEX "audit_events_organization_id_created_at_id_idx" ON "audit_events" ("organization_id", "created_at", "id");
CREATE INDEX "audit_events_action_created_at_id_idx" ON "audit_events" ("action", "created_at", "id");
CREATE INDEX "audit_events_request_id_idx" ON "audit_events" ("request_id");
