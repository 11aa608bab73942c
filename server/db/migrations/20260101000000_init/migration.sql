-- The tables, as `prisma migrate diff --from-empty` writes them from schema.prisma.

-- CreateEnum
CREATE TYPE "user_role" AS ENUM ('USER', 'ADMINISTRATOR');

-- CreateEnum
CREATE TYPE "user_status" AS ENUM ('ACTIVE', 'DEACTIVATED');

-- CreateEnum
CREATE TYPE "membership_role" AS ENUM ('OWNER', 'MEMBER', 'VIEWER');

-- CreateEnum
CREATE TYPE "service_status" AS ENUM ('DRAFT', 'PUBLISHED', 'RETIRED');

-- CreateEnum
CREATE TYPE "billing_interval" AS ENUM ('HOUR', 'MONTH', 'YEAR');

-- CreateEnum
CREATE TYPE "worker_status" AS ENUM ('PENDING', 'ACTIVE', 'NOT_READY', 'MAINTENANCE', 'INACTIVE');

-- CreateEnum
CREATE TYPE "entitlement" AS ENUM ('PENDING', 'TRIALING', 'ACTIVE', 'PAST_DUE', 'SUSPENDED', 'CANCELED', 'EXPIRED', 'TERMINATED');

-- CreateEnum
CREATE TYPE "hold_reason" AS ENUM ('UNPAID', 'CUSTOMER', 'ADMINISTRATOR');

-- CreateEnum
CREATE TYPE "endpoint_kind" AS ENUM ('HTTP', 'TCP');

-- CreateEnum
CREATE TYPE "endpoint_scope" AS ENUM ('INTERNAL', 'PUBLIC');

-- CreateEnum
CREATE TYPE "tls_state" AS ENUM ('NONE', 'PENDING', 'ISSUED', 'FAILED');

-- CreateEnum
CREATE TYPE "operation_kind" AS ENUM ('PROVISION', 'RESTART', 'CHANGE_PLAN', 'UPGRADE', 'SUSPEND', 'RESUME', 'CANCEL', 'REACTIVATE', 'PURGE');

-- CreateEnum
CREATE TYPE "operation_state" AS ENUM ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELED');

-- CreateEnum
CREATE TYPE "pod_phase" AS ENUM ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'UNKNOWN');

-- CreateEnum
CREATE TYPE "audit_result" AS ENUM ('SUCCEEDED', 'REFUSED', 'FAILED');

-- CreateEnum
CREATE TYPE "notification_state" AS ENUM ('PENDING', 'SENT', 'FAILED');

-- CreateTable
CREATE TABLE "installation" (
    "id" UUID NOT NULL,
    "singleton" BOOLEAN NOT NULL DEFAULT true,
    "encryption_check" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "installation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "company" TEXT,
    "phone" TEXT,
    "locale" TEXT NOT NULL DEFAULT 'en',
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "role" "user_role" NOT NULL DEFAULT 'USER',
    "status" "user_status" NOT NULL DEFAULT 'ACTIVE',
    "password_hash" TEXT NOT NULL,
    "email_verified_at" TIMESTAMPTZ(3),
    "last_seen_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "organizations" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "personal" BOOLEAN NOT NULL DEFAULT true,
    "billing_name" TEXT,
    "billing_address" TEXT,
    "country" TEXT,
    "vat_id" TEXT,
    "max_subscriptions" INTEGER,
    "max_cpu_millicores" INTEGER,
    "max_memory_bytes" BIGINT,
    "max_storage_bytes" BIGINT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "organizations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "memberships" (
    "organization_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "role" "membership_role" NOT NULL DEFAULT 'OWNER',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "memberships_pkey" PRIMARY KEY ("organization_id","user_id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "user_agent" TEXT,
    "ip_address" TEXT,
    "last_used_at" TIMESTAMPTZ(3) NOT NULL,
    "idle_expires_at" TIMESTAMPTZ(3) NOT NULL,
    "absolute_expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refresh_tokens" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "rotated_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "refresh_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "signing_keys" (
    "id" UUID NOT NULL,
    "algorithm" TEXT NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "private_jwk_encrypted" TEXT NOT NULL,
    "active_from" TIMESTAMPTZ(3) NOT NULL,
    "retired_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "categories" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "icon" TEXT,
    "position" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "categories_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "services" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "category_id" UUID NOT NULL,
    "organization_id" UUID,
    "status" "service_status" NOT NULL DEFAULT 'DRAFT',
    "name" TEXT NOT NULL,
    "tagline" TEXT NOT NULL DEFAULT '',
    "description" TEXT NOT NULL DEFAULT '',
    "icon" TEXT,
    "documentation_url" TEXT,
    "tags" TEXT[],
    "retention_days" INTEGER NOT NULL DEFAULT 7,
    "current_revision_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "services_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "service_revisions" (
    "id" UUID NOT NULL,
    "service_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "source" TEXT NOT NULL,
    "source_sha256" TEXT NOT NULL,
    "spec" JSONB NOT NULL,
    "created_by_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "service_revisions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "plans" (
    "id" UUID NOT NULL,
    "service_id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "position" INTEGER NOT NULL DEFAULT 0,
    "visible" BOOLEAN NOT NULL DEFAULT true,
    "current_version_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "plans_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "plan_versions" (
    "id" UUID NOT NULL,
    "plan_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "price_minor_units" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "interval" "billing_interval" NOT NULL DEFAULT 'MONTH',
    "trial_days" INTEGER NOT NULL DEFAULT 0,
    "cpu_millicores" INTEGER NOT NULL,
    "memory_bytes" BIGINT NOT NULL,
    "storage_bytes" BIGINT NOT NULL,
    "replicas" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "plan_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "clusters" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "uid" TEXT,
    "simulated" BOOLEAN NOT NULL DEFAULT false,
    "credentials_encrypted" TEXT,
    "base_domain" TEXT,
    "ingress_class" TEXT,
    "ingress_selector" JSONB,
    "dns_selector" JSONB,
    "storage_class" TEXT,
    "storage_bytes" BIGINT,
    "certificate_issuer" TEXT,
    "blocked_cidrs" TEXT[],
    "cpu_overcommit_percent" INTEGER NOT NULL DEFAULT 100,
    "memory_overcommit_percent" INTEGER NOT NULL DEFAULT 100,
    "unreachable_since" TIMESTAMPTZ(3),
    "last_reached_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "clusters_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "workers" (
    "id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "external_id" TEXT,
    "hostname" TEXT,
    "internal_ip" TEXT,
    "external_ip" TEXT,
    "architecture" TEXT,
    "operating_system" TEXT,
    "os_image" TEXT,
    "kernel_version" TEXT,
    "kubelet_version" TEXT,
    "container_runtime" TEXT,
    "cpu_capacity_millicores" INTEGER NOT NULL DEFAULT 0,
    "cpu_allocatable_millicores" INTEGER NOT NULL DEFAULT 0,
    "memory_capacity_bytes" BIGINT NOT NULL DEFAULT 0,
    "memory_allocatable_bytes" BIGINT NOT NULL DEFAULT 0,
    "ephemeral_storage_capacity_bytes" BIGINT NOT NULL DEFAULT 0,
    "ephemeral_storage_allocatable_bytes" BIGINT NOT NULL DEFAULT 0,
    "persistent_storage_capacity_bytes" BIGINT NOT NULL DEFAULT 0,
    "persistent_storage_allocatable_bytes" BIGINT NOT NULL DEFAULT 0,
    "pods_capacity" INTEGER NOT NULL DEFAULT 0,
    "pods_allocatable" INTEGER NOT NULL DEFAULT 0,
    "cpu_requested_millicores" INTEGER NOT NULL DEFAULT 0,
    "memory_requested_bytes" BIGINT NOT NULL DEFAULT 0,
    "cpu_used_millicores" INTEGER,
    "memory_used_bytes" BIGINT,
    "cpu_sold_millicores" INTEGER NOT NULL DEFAULT 0,
    "memory_sold_bytes" BIGINT NOT NULL DEFAULT 0,
    "pod_count" INTEGER NOT NULL DEFAULT 0,
    "labels" JSONB NOT NULL DEFAULT '{}',
    "taints" JSONB NOT NULL DEFAULT '[]',
    "conditions" JSONB NOT NULL DEFAULT '[]',
    "roles" TEXT[],
    "zone" TEXT,
    "region" TEXT,
    "schedulable" BOOLEAN NOT NULL DEFAULT false,
    "ready" BOOLEAN NOT NULL DEFAULT false,
    "status" "worker_status" NOT NULL DEFAULT 'PENDING',
    "status_reason" TEXT,
    "last_heartbeat_at" TIMESTAMPTZ(3),
    "last_health_check_at" TIMESTAMPTZ(3),
    "health" JSONB,
    "joined_at" TIMESTAMPTZ(3),
    "boot_id" TEXT,
    "annotations" JSONB NOT NULL DEFAULT '{}',
    "notes" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "workers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subscriptions" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "service_id" UUID NOT NULL,
    "revision_id" UUID NOT NULL,
    "plan_version_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "parameters" JSONB NOT NULL DEFAULT '{}',
    "entitlement" "entitlement" NOT NULL DEFAULT 'PENDING',
    "previous_entitlement" "entitlement",
    "generation" INTEGER NOT NULL DEFAULT 1,
    "observed_generation" INTEGER NOT NULL DEFAULT 0,
    "conditions" JSONB NOT NULL DEFAULT '[]',
    "restart_requested_at" TIMESTAMPTZ(3),
    "first_ready_at" TIMESTAMPTZ(3),
    "canceled_at" TIMESTAMPTZ(3),
    "retain_until" TIMESTAMPTZ(3),
    "purge_requested_at" TIMESTAMPTZ(3),
    "terminated_at" TIMESTAMPTZ(3),
    "created_by_id" UUID NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "subscriptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "holds" (
    "id" UUID NOT NULL,
    "subscription_id" UUID NOT NULL,
    "reason" "hold_reason" NOT NULL,
    "opened_by_id" UUID,
    "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lifted_at" TIMESTAMPTZ(3),

    CONSTRAINT "holds_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "endpoints" (
    "id" UUID NOT NULL,
    "subscription_id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "endpoint_kind" NOT NULL,
    "scope" "endpoint_scope" NOT NULL,
    "host" TEXT NOT NULL,
    "port" INTEGER NOT NULL,
    "target_service" TEXT NOT NULL,
    "target_port" INTEGER NOT NULL,
    "tls" "tls_state" NOT NULL DEFAULT 'NONE',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "endpoints_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "volumes" (
    "id" UUID NOT NULL,
    "subscription_id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "claim_name" TEXT NOT NULL,
    "claim_uid" UUID,
    "persistent_volume" TEXT,
    "storage_class" TEXT,
    "size_bytes" BIGINT NOT NULL,
    "lost_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "volumes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reservations" (
    "subscription_id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "cpu_millicores" INTEGER NOT NULL,
    "memory_bytes" BIGINT NOT NULL,
    "storage_bytes" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "released_at" TIMESTAMPTZ(3),

    CONSTRAINT "reservations_pkey" PRIMARY KEY ("subscription_id")
);

-- CreateTable
CREATE TABLE "operations" (
    "id" UUID NOT NULL,
    "kind" "operation_kind" NOT NULL,
    "state" "operation_state" NOT NULL DEFAULT 'PENDING',
    "subscription_id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "generation" INTEGER NOT NULL,
    "step" TEXT,
    "progress" INTEGER NOT NULL DEFAULT 0,
    "cause" TEXT,
    "next_action" TEXT,
    "deadline_at" TIMESTAMPTZ(3),
    "remaining_milliseconds" INTEGER,
    "requested_by_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "operations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pods" (
    "id" UUID NOT NULL,
    "subscription_id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "component" TEXT NOT NULL,
    "node" TEXT,
    "phase" "pod_phase" NOT NULL,
    "ready" BOOLEAN NOT NULL DEFAULT false,
    "restarts" INTEGER NOT NULL DEFAULT 0,
    "image" TEXT,
    "reason" TEXT,
    "message" TEXT,
    "pod_ip" TEXT,
    "started_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "observed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "pods_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "events" (
    "id" UUID NOT NULL,
    "transaction_id" xid8 NOT NULL DEFAULT pg_current_xact_id(),
    "type" TEXT NOT NULL,
    "organization_id" UUID,
    "user_id" UUID,
    "cluster_id" UUID,
    "subscription_id" UUID,
    "data" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_events" (
    "id" UUID NOT NULL,
    "actor_id" UUID,
    "organization_id" UUID,
    "action" TEXT NOT NULL,
    "target_type" TEXT NOT NULL,
    "target_id" UUID,
    "before" JSONB,
    "after" JSONB,
    "ip_address" TEXT,
    "request_id" TEXT,
    "result" "audit_result" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "caller_id" UUID NOT NULL,
    "route" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "body_hmac" BYTEA NOT NULL,
    "response_status" INTEGER NOT NULL,
    "response_encrypted" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("caller_id","route","key")
);

-- CreateTable
CREATE TABLE "leases" (
    "key" TEXT NOT NULL,
    "holder" TEXT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "leases_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "generated_secrets" (
    "subscription_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "value_encrypted" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "generated_secrets_pkey" PRIMARY KEY ("subscription_id","name")
);

-- CreateTable
CREATE TABLE "notifications" (
    "id" UUID NOT NULL,
    "user_id" UUID,
    "kind" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "state" "notification_state" NOT NULL DEFAULT 'PENDING',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "sent_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "notifications_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "installation_singleton_key" ON "installation"("singleton");

-- CreateIndex
CREATE INDEX "users_role_status_idx" ON "users"("role", "status");

-- CreateIndex
CREATE INDEX "users_created_at_id_idx" ON "users"("created_at", "id");

-- CreateIndex
CREATE INDEX "memberships_user_id_idx" ON "memberships"("user_id");

-- CreateIndex
CREATE INDEX "sessions_user_id_created_at_idx" ON "sessions"("user_id", "created_at");

-- CreateIndex
CREATE INDEX "sessions_absolute_expires_at_idx" ON "sessions"("absolute_expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "refresh_tokens_token_hash_key" ON "refresh_tokens"("token_hash");

-- CreateIndex
CREATE INDEX "refresh_tokens_session_id_idx" ON "refresh_tokens"("session_id");

-- CreateIndex
CREATE UNIQUE INDEX "categories_slug_key" ON "categories"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "services_slug_key" ON "services"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "services_current_revision_id_key" ON "services"("current_revision_id");

-- CreateIndex
CREATE INDEX "services_category_id_idx" ON "services"("category_id");

-- CreateIndex
CREATE INDEX "services_status_name_id_idx" ON "services"("status", "name", "id");

-- CreateIndex
CREATE INDEX "services_organization_id_idx" ON "services"("organization_id");

-- CreateIndex
CREATE UNIQUE INDEX "service_revisions_service_id_number_key" ON "service_revisions"("service_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "plans_current_version_id_key" ON "plans"("current_version_id");

-- CreateIndex
CREATE UNIQUE INDEX "plans_service_id_slug_key" ON "plans"("service_id", "slug");

-- CreateIndex
CREATE UNIQUE INDEX "plan_versions_plan_id_number_key" ON "plan_versions"("plan_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "clusters_name_key" ON "clusters"("name");

-- CreateIndex
CREATE UNIQUE INDEX "clusters_uid_key" ON "clusters"("uid");

-- CreateIndex
CREATE INDEX "workers_cluster_id_status_idx" ON "workers"("cluster_id", "status");

-- CreateIndex
CREATE UNIQUE INDEX "workers_cluster_id_name_key" ON "workers"("cluster_id", "name");

-- CreateIndex
CREATE INDEX "subscriptions_organization_id_created_at_id_idx" ON "subscriptions"("organization_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "subscriptions_cluster_id_entitlement_idx" ON "subscriptions"("cluster_id", "entitlement");

-- CreateIndex
CREATE INDEX "subscriptions_service_id_idx" ON "subscriptions"("service_id");

-- CreateIndex
CREATE INDEX "subscriptions_revision_id_idx" ON "subscriptions"("revision_id");

-- CreateIndex
CREATE INDEX "subscriptions_plan_version_id_idx" ON "subscriptions"("plan_version_id");

-- CreateIndex
CREATE UNIQUE INDEX "subscriptions_id_organization_id_cluster_id_key" ON "subscriptions"("id", "organization_id", "cluster_id");

-- CreateIndex
CREATE INDEX "holds_subscription_id_idx" ON "holds"("subscription_id");

-- CreateIndex
CREATE INDEX "endpoints_cluster_id_idx" ON "endpoints"("cluster_id");

-- CreateIndex
CREATE UNIQUE INDEX "endpoints_subscription_id_name_key" ON "endpoints"("subscription_id", "name");

-- CreateIndex
CREATE INDEX "volumes_cluster_id_idx" ON "volumes"("cluster_id");

-- CreateIndex
CREATE UNIQUE INDEX "volumes_subscription_id_name_key" ON "volumes"("subscription_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "reservations_subscription_id_organization_id_cluster_id_key" ON "reservations"("subscription_id", "organization_id", "cluster_id");

-- CreateIndex
CREATE INDEX "operations_subscription_id_created_at_idx" ON "operations"("subscription_id", "created_at");

-- CreateIndex
CREATE INDEX "operations_organization_id_created_at_id_idx" ON "operations"("organization_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "pods_subscription_id_idx" ON "pods"("subscription_id");

-- CreateIndex
CREATE INDEX "pods_cluster_id_node_idx" ON "pods"("cluster_id", "node");

-- CreateIndex
CREATE INDEX "events_transaction_id_id_idx" ON "events"("transaction_id", "id");

-- CreateIndex
CREATE INDEX "events_organization_id_transaction_id_id_idx" ON "events"("organization_id", "transaction_id", "id");

-- CreateIndex
CREATE INDEX "events_created_at_idx" ON "events"("created_at");

-- CreateIndex
CREATE INDEX "audit_events_created_at_id_idx" ON "audit_events"("created_at", "id");

-- CreateIndex
CREATE INDEX "audit_events_target_type_target_id_idx" ON "audit_events"("target_type", "target_id");

-- CreateIndex
CREATE INDEX "audit_events_actor_id_created_at_idx" ON "audit_events"("actor_id", "created_at");

-- CreateIndex
CREATE INDEX "idempotency_keys_expires_at_idx" ON "idempotency_keys"("expires_at");

-- CreateIndex
CREATE INDEX "notifications_state_created_at_idx" ON "notifications"("state", "created_at");

-- CreateIndex
CREATE INDEX "notifications_user_id_idx" ON "notifications"("user_id");

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "services" ADD CONSTRAINT "services_category_id_fkey" FOREIGN KEY ("category_id") REFERENCES "categories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "services" ADD CONSTRAINT "services_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "services" ADD CONSTRAINT "services_current_revision_id_fkey" FOREIGN KEY ("current_revision_id") REFERENCES "service_revisions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_revisions" ADD CONSTRAINT "service_revisions_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "plans" ADD CONSTRAINT "plans_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "plans" ADD CONSTRAINT "plans_current_version_id_fkey" FOREIGN KEY ("current_version_id") REFERENCES "plan_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "plan_versions" ADD CONSTRAINT "plan_versions_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plans"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workers" ADD CONSTRAINT "workers_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "clusters"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "clusters"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_revision_id_fkey" FOREIGN KEY ("revision_id") REFERENCES "service_revisions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_plan_version_id_fkey" FOREIGN KEY ("plan_version_id") REFERENCES "plan_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "holds" ADD CONSTRAINT "holds_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "subscriptions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_subscription_id_organization_id_cluster_id_fkey" FOREIGN KEY ("subscription_id", "organization_id", "cluster_id") REFERENCES "subscriptions"("id", "organization_id", "cluster_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "clusters"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "volumes" ADD CONSTRAINT "volumes_subscription_id_organization_id_cluster_id_fkey" FOREIGN KEY ("subscription_id", "organization_id", "cluster_id") REFERENCES "subscriptions"("id", "organization_id", "cluster_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "volumes" ADD CONSTRAINT "volumes_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "clusters"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_subscription_id_organization_id_cluster_id_fkey" FOREIGN KEY ("subscription_id", "organization_id", "cluster_id") REFERENCES "subscriptions"("id", "organization_id", "cluster_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "clusters"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operations" ADD CONSTRAINT "operations_subscription_id_organization_id_cluster_id_fkey" FOREIGN KEY ("subscription_id", "organization_id", "cluster_id") REFERENCES "subscriptions"("id", "organization_id", "cluster_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pods" ADD CONSTRAINT "pods_subscription_id_organization_id_cluster_id_fkey" FOREIGN KEY ("subscription_id", "organization_id", "cluster_id") REFERENCES "subscriptions"("id", "organization_id", "cluster_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pods" ADD CONSTRAINT "pods_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "clusters"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "generated_secrets" ADD CONSTRAINT "generated_secrets_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "subscriptions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;


-- From here on: what schema.prisma cannot say. Prisma overlooks partial indexes, indexes on expressions, checks and
-- triggers, so none of it counts as drift.

-- Uniqueness that depends on the case or on a state.

-- An address is one person's, however it is written.
CREATE UNIQUE INDEX "users_email_key" ON "users"(lower("email"));

-- The name of a subscription stands in addresses and in typed confirmations; it is free again once nothing is left.
CREATE UNIQUE INDEX "subscriptions_organization_id_name_key" ON "subscriptions"("organization_id", lower("name"))
  WHERE "entitlement" <> 'TERMINATED';

-- Each side holds a subscription at most once, so that lifting it lifts all of it.
CREATE UNIQUE INDEX "holds_open_key" ON "holds"("subscription_id", "reason") WHERE "lifted_at" IS NULL;

-- Changes of one subscription follow each other: two at once would wait for two desired states.
CREATE UNIQUE INDEX "operations_unfinished_key" ON "operations"("subscription_id")
  WHERE "state" IN ('PENDING', 'RUNNING');

-- What is sold on a cluster is summed under a lock for every order; released reservations only grow.
CREATE INDEX "reservations_unreleased_idx" ON "reservations"("cluster_id") WHERE "released_at" IS NULL;

-- What comes due in business time is looked for every few seconds among all subscriptions that ever were.
CREATE INDEX "subscriptions_retain_until_idx" ON "subscriptions"("retain_until")
  WHERE "entitlement" IN ('CANCELED', 'EXPIRED');

-- Deadlines are looked for among the few operations that run.
CREATE INDEX "operations_deadline_at_idx" ON "operations"("deadline_at") WHERE "state" IN ('PENDING', 'RUNNING');

-- Checks: a row that breaks one is a defect, whoever writes it.

-- There is one installation per database.
ALTER TABLE "installation" ADD CONSTRAINT "installation_singleton_check" CHECK ("singleton");

ALTER TABLE "users"
  ADD CONSTRAINT "users_email_check" CHECK ("email" ~ '^[^@[:space:]]+@[^@[:space:]]+$' AND length("email") <= 254),
  ADD CONSTRAINT "users_version_check" CHECK ("version" >= 1);

-- A limit is absent (null) or an amount; zero forbids.
ALTER TABLE "organizations"
  ADD CONSTRAINT "organizations_limits_check" CHECK (
    "max_subscriptions" >= 0 AND "max_cpu_millicores" >= 0 AND "max_memory_bytes" >= 0 AND "max_storage_bytes" >= 0
  );

-- A session that may idle longer than it may live would never end by idling.
ALTER TABLE "sessions"
  ADD CONSTRAINT "sessions_expiry_check" CHECK ("idle_expires_at" <= "absolute_expires_at");

-- SHA-256, never the token itself.
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_token_hash_check" CHECK (length("token_hash") = 32);

-- Slugs stand in addresses of the API and of the console.
ALTER TABLE "categories"
  ADD CONSTRAINT "categories_slug_check" CHECK ("slug" ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length("slug") <= 63);

-- What is published can be ordered, and an order needs a revision to point at.
ALTER TABLE "services"
  ADD CONSTRAINT "services_slug_check" CHECK ("slug" ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length("slug") <= 63),
  ADD CONSTRAINT "services_published_check" CHECK ("status" <> 'PUBLISHED' OR "current_revision_id" IS NOT NULL),
  ADD CONSTRAINT "services_retention_days_check" CHECK ("retention_days" >= 0);

ALTER TABLE "service_revisions"
  ADD CONSTRAINT "service_revisions_number_check" CHECK ("number" >= 1),
  ADD CONSTRAINT "service_revisions_source_sha256_check" CHECK ("source_sha256" ~ '^[0-9a-f]{64}$');

ALTER TABLE "plans"
  ADD CONSTRAINT "plans_slug_check" CHECK ("slug" ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length("slug") <= 63);

-- Money is in minor units of an ISO 4217 currency and may be nothing; what runs needs cpu and memory, not always a disk.
ALTER TABLE "plan_versions"
  ADD CONSTRAINT "plan_versions_number_check" CHECK ("number" >= 1),
  ADD CONSTRAINT "plan_versions_price_check" CHECK ("price_minor_units" >= 0),
  ADD CONSTRAINT "plan_versions_currency_check" CHECK ("currency" ~ '^[A-Z]{3}$'),
  ADD CONSTRAINT "plan_versions_trial_days_check" CHECK ("trial_days" >= 0),
  ADD CONSTRAINT "plan_versions_resources_check" CHECK (
    "cpu_millicores" > 0 AND "memory_bytes" > 0 AND "storage_bytes" >= 0 AND "replicas" >= 1
  );

ALTER TABLE "clusters"
  ADD CONSTRAINT "clusters_name_check" CHECK ("name" ~ '^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$'),
  ADD CONSTRAINT "clusters_capacity_check" CHECK (
    "cpu_overcommit_percent" > 0 AND "memory_overcommit_percent" > 0 AND "storage_bytes" >= 0
  );

-- Ready and schedulable follow from status and observation: a row that contradicts itself would be sold on.
ALTER TABLE "workers"
  ADD CONSTRAINT "workers_ready_check" CHECK (
    CASE "status" WHEN 'ACTIVE' THEN "ready" WHEN 'NOT_READY' THEN NOT "ready" WHEN 'PENDING' THEN NOT "ready" ELSE true END
  ),
  ADD CONSTRAINT "workers_schedulable_check" CHECK (NOT ("schedulable" AND "status" IN ('MAINTENANCE', 'INACTIVE'))),
  ADD CONSTRAINT "workers_amounts_check" CHECK (
    least(
      "cpu_capacity_millicores", "cpu_allocatable_millicores", "memory_capacity_bytes", "memory_allocatable_bytes",
      "ephemeral_storage_capacity_bytes", "ephemeral_storage_allocatable_bytes",
      "persistent_storage_capacity_bytes", "persistent_storage_allocatable_bytes",
      "pods_capacity", "pods_allocatable", "cpu_requested_millicores", "memory_requested_bytes",
      "cpu_used_millicores", "memory_used_bytes", "cpu_sold_millicores", "memory_sold_bytes", "pod_count"
    ) >= 0
  );

-- The name becomes a DNS label (RFC 1035, as Kubernetes Services need it). What is kept for a while knows until when;
-- what will come back knows to what; what is gone says since when, and that somebody or the retention's end wanted it.
ALTER TABLE "subscriptions"
  ADD CONSTRAINT "subscriptions_name_check" CHECK ("name" ~ '^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$'),
  ADD CONSTRAINT "subscriptions_generation_check" CHECK (
    "generation" >= 1 AND "observed_generation" >= 0 AND "observed_generation" <= "generation"
  ),
  ADD CONSTRAINT "subscriptions_retention_check" CHECK (
    "entitlement" NOT IN ('CANCELED', 'EXPIRED') OR ("canceled_at" IS NOT NULL AND "retain_until" IS NOT NULL)
  ),
  ADD CONSTRAINT "subscriptions_previous_entitlement_check" CHECK (
    "entitlement" NOT IN ('SUSPENDED', 'CANCELED')
    OR ("previous_entitlement" IS NOT NULL AND "previous_entitlement" IN ('TRIALING', 'ACTIVE', 'PAST_DUE', 'EXPIRED'))
  ),
  ADD CONSTRAINT "subscriptions_terminated_check" CHECK (
    ("entitlement" = 'TERMINATED') = ("terminated_at" IS NOT NULL)
    AND ("entitlement" <> 'TERMINATED' OR "purge_requested_at" IS NOT NULL)
  ),
  ADD CONSTRAINT "subscriptions_version_check" CHECK ("version" >= 1);

ALTER TABLE "holds"
  ADD CONSTRAINT "holds_lifted_at_check" CHECK ("lifted_at" >= "opened_at");

ALTER TABLE "endpoints"
  ADD CONSTRAINT "endpoints_port_check" CHECK ("port" BETWEEN 1 AND 65535 AND "target_port" BETWEEN 1 AND 65535);

ALTER TABLE "volumes" ADD CONSTRAINT "volumes_size_bytes_check" CHECK ("size_bytes" > 0);

ALTER TABLE "reservations"
  ADD CONSTRAINT "reservations_resources_check" CHECK (
    "cpu_millicores" > 0 AND "memory_bytes" > 0 AND "storage_bytes" >= 0
  );

-- An end without a time, or a failure without a cause, is a change that nobody can explain afterwards.
ALTER TABLE "operations"
  ADD CONSTRAINT "operations_generation_check" CHECK ("generation" >= 1),
  ADD CONSTRAINT "operations_progress_check" CHECK ("progress" BETWEEN 0 AND 100),
  ADD CONSTRAINT "operations_started_at_check" CHECK ("state" <> 'RUNNING' OR "started_at" IS NOT NULL),
  ADD CONSTRAINT "operations_finished_at_check" CHECK (
    ("state" IN ('SUCCEEDED', 'FAILED', 'CANCELED')) = ("finished_at" IS NOT NULL)
  ),
  ADD CONSTRAINT "operations_cause_check" CHECK ("state" <> 'FAILED' OR "cause" IS NOT NULL),
  ADD CONSTRAINT "operations_remaining_milliseconds_check" CHECK ("remaining_milliseconds" >= 0);

ALTER TABLE "pods" ADD CONSTRAINT "pods_restarts_check" CHECK ("restarts" >= 0);

-- The epoch is what a fenced write compares: it only rises.
ALTER TABLE "leases" ADD CONSTRAINT "leases_epoch_check" CHECK ("epoch" >= 0);

ALTER TABLE "notifications" ADD CONSTRAINT "notifications_attempts_check" CHECK ("attempts" >= 0);

-- What may never change. The error carries the name of the broken rule, as that of a constraint does.

CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on "%" is refused: its rows never change', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END
$$;

-- Subscriptions point at revisions and versions: changing one would change what somebody bought.
CREATE TRIGGER "service_revisions_immutable" BEFORE UPDATE ON "service_revisions"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "service_revisions_no_truncate" BEFORE TRUNCATE ON "service_revisions"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "plan_versions_immutable" BEFORE UPDATE ON "plan_versions"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "plan_versions_no_truncate" BEFORE TRUNCATE ON "plan_versions"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- The trail of who did what is worth as much as it is complete.
CREATE TRIGGER "audit_events_append_only" BEFORE UPDATE OR DELETE ON "audit_events"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "audit_events_no_truncate" BEFORE TRUNCATE ON "audit_events"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- The password of a database is in its volume: another value here would lock everybody out. Purging deletes the row.
CREATE TRIGGER "generated_secrets_immutable" BEFORE UPDATE ON "generated_secrets"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "generated_secrets_no_truncate" BEFORE TRUNCATE ON "generated_secrets"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- Who waits for news sleeps until the commit that brings them.

CREATE FUNCTION "notify_events"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('berth_events', '');
  RETURN NULL;
END
$$;

-- Once per statement: readers then fetch everything after what they saw last.
CREATE TRIGGER "events_notify" AFTER INSERT ON "events"
  FOR EACH STATEMENT EXECUTE FUNCTION "notify_events"();

CREATE FUNCTION "notify_subscription"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('berth_subscriptions', NEW."id"::text);
  RETURN NULL;
END
$$;

-- Only what is wanted wakes a reconciler: its own notes on what it observed must not wake it again.
CREATE TRIGGER "subscriptions_notify_insert" AFTER INSERT ON "subscriptions"
  FOR EACH ROW EXECUTE FUNCTION "notify_subscription"();
CREATE TRIGGER "subscriptions_notify_update" AFTER UPDATE ON "subscriptions"
  FOR EACH ROW WHEN (
    (OLD."generation", OLD."entitlement", OLD."restart_requested_at", OLD."retain_until", OLD."purge_requested_at")
    IS DISTINCT FROM
    (NEW."generation", NEW."entitlement", NEW."restart_requested_at", NEW."retain_until", NEW."purge_requested_at")
  )
  EXECUTE FUNCTION "notify_subscription"();
