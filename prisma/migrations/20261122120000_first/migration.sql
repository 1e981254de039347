-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "event_type" AS ENUM ('IMPRESSION', 'VIEW', 'CART', 'PURCHASE', 'RATING', 'LIKE', 'DISLIKE');

-- CreateEnum
CREATE TYPE "channel" AS ENUM ('WEB', 'APP', 'STORE', 'EMAIL', 'CALL_CENTER');

-- CreateEnum
CREATE TYPE "purpose" AS ENUM ('PERSONALIZATION', 'TRAINING', 'ANALYTICS');

-- CreateEnum
CREATE TYPE "consent_source" AS ENUM ('CUSTOMER', 'GPC', 'IMPORT', 'IDENTIFY');

-- CreateEnum
CREATE TYPE "key_kind" AS ENUM ('PUBLISHABLE', 'SECRET');

-- CreateEnum
CREATE TYPE "model_status" AS ENUM ('PENDING', 'TRAINING', 'READY', 'ACTIVE', 'RETIRED', 'FAILED', 'REFUSED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "privacy_level" AS ENUM ('NONE', 'DIFFERENTIAL');

-- CreateEnum
CREATE TYPE "rejection_source" AS ENUM ('RECORD_EVENTS', 'UPSERT_PRODUCTS', 'IMPORT');

-- CreateTable
CREATE TABLE "customer" (
    "id" UUID NOT NULL,
    "external_id_hash" BYTEA,
    "cohort" CHAR(7),
    "consent_mask" SMALLINT NOT NULL DEFAULT 0,
    "gpc_mask" SMALLINT NOT NULL DEFAULT 0,
    "gpc_recorded_mask" SMALLINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "customer_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "visitor" (
    "visitor_hash" BYTEA NOT NULL,
    "customer_id" UUID NOT NULL,
    "identified_as" UUID,
    "identified_at" TIMESTAMPTZ(3),
    "former_customer_id" UUID,

    CONSTRAINT "visitor_pkey" PRIMARY KEY ("visitor_hash")
);

-- CreateTable
CREATE TABLE "consent_change" (
    "customer_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "purpose" "purpose" NOT NULL,
    "is_granted" BOOLEAN NOT NULL,
    "source" "consent_source" NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "consent_change_pkey" PRIMARY KEY ("customer_id","id")
);

-- CreateTable
CREATE TABLE "product" (
    "id" SERIAL NOT NULL,
    "sku" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT,
    "brand" TEXT,
    "categories" TEXT[],
    "price" DECIMAL(21,12),
    "currency" CHAR(3),
    "image_url" TEXT,
    "stock" INTEGER,
    "is_hidden" BOOLEAN NOT NULL DEFAULT false,
    "attributes" JSONB,
    "released_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "product_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "interaction" (
    "customer_id" UUID NOT NULL,
    "event_id" UUID NOT NULL,
    "product_id" INTEGER NOT NULL,
    "type" "event_type" NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "quantity" INTEGER,
    "price" DECIMAL(21,12),
    "rating" REAL,
    "channel" "channel",
    "country" TEXT,
    "recommendation_id" UUID,

    CONSTRAINT "interaction_pkey" PRIMARY KEY ("customer_id","event_id")
);

-- CreateTable
CREATE TABLE "impression" (
    "customer_id" UUID NOT NULL,
    "event_id" UUID NOT NULL,
    "product_id" INTEGER NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "channel" "channel",
    "recommendation_id" UUID,

    CONSTRAINT "impression_pkey" PRIMARY KEY ("customer_id","event_id")
);

-- CreateTable
CREATE TABLE "placement" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "settings" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "placement_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" UUID NOT NULL,
    "kind" "key_kind" NOT NULL,
    "hash" BYTEA NOT NULL,
    "prefix" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "model_version" (
    "id" UUID NOT NULL,
    "algorithm" TEXT NOT NULL,
    "status" "model_status" NOT NULL DEFAULT 'PENDING',
    "hyperparameters" JSONB NOT NULL,
    "privacy_level" "privacy_level" NOT NULL,
    "requested_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "activated_at" TIMESTAMPTZ(3),
    "progress" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "is_cancel_requested" BOOLEAN NOT NULL DEFAULT false,
    "heartbeat_at" TIMESTAMPTZ(3),
    "worker_id" UUID,
    "attempts" SMALLINT NOT NULL DEFAULT 0,
    "device" TEXT,
    "failure" TEXT,
    "artifact_bytes" BIGINT,
    "artifact_sha256" BYTEA,
    "should_activate" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "model_version_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "model_artifact_chunk" (
    "model_version_id" UUID NOT NULL,
    "index" INTEGER NOT NULL,
    "bytes" BYTEA NOT NULL,
    "sha256" BYTEA NOT NULL,

    CONSTRAINT "model_artifact_chunk_pkey" PRIMARY KEY ("model_version_id","index")
);

-- CreateTable
CREATE TABLE "training_point" (
    "model_version_id" UUID NOT NULL,
    "step" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "training_point_pkey" PRIMARY KEY ("model_version_id","name","step")
);

-- CreateTable
CREATE TABLE "training_log" (
    "model_version_id" UUID NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "line" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "training_log_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "model_metric" (
    "model_version_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "lower" DOUBLE PRECISION,
    "upper" DOUBLE PRECISION,

    CONSTRAINT "model_metric_pkey" PRIMARY KEY ("model_version_id","name")
);

-- CreateTable
CREATE TABLE "rejection" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "source" "rejection_source" NOT NULL,
    "code" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "sku" TEXT,

    CONSTRAINT "rejection_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "import_run" (
    "id" UUID NOT NULL,
    "format" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "import_run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "shop_setting" (
    "name" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "shop_setting_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE UNIQUE INDEX "customer_external_id_hash_key" ON "customer"("external_id_hash");

-- CreateIndex
CREATE UNIQUE INDEX "product_sku_key" ON "product"("sku");

-- CreateIndex
CREATE INDEX "product_updated_at_idx" ON "product"("updated_at");

-- CreateIndex
CREATE INDEX "interaction_customer_id_occurred_at_idx" ON "interaction"("customer_id", "occurred_at" DESC);

-- CreateIndex
CREATE INDEX "impression_customer_id_occurred_at_idx" ON "impression"("customer_id", "occurred_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "placement_name_key" ON "placement"("name");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");

-- CreateIndex
CREATE INDEX "model_version_created_at_idx" ON "model_version"("created_at" DESC);

-- CreateIndex
CREATE INDEX "training_log_model_version_id_id_idx" ON "training_log"("model_version_id", "id");

-- CreateIndex
CREATE INDEX "rejection_at_idx" ON "rejection"("at");



-- At most one active model version: activation is one pointer.
CREATE UNIQUE INDEX "model_version_one_active" ON "model_version" ((true)) WHERE "status" = 'ACTIVE';

-- What serving reads of a customer beyond the newest rows (read-person.ts). The views between are many times more.
CREATE INDEX "interaction_verdict" ON "interaction" ("customer_id", "occurred_at" DESC) WHERE "type" IN ('PURCHASE', 'RATING', 'LIKE', 'DISLIKE');

-- Consent history is append-only in the database itself. Whoever erases a person or the whole shop says so first, with
-- SET LOCAL sotto.erasing = 'on'.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' AND current_setting('sotto.erasing', true) = 'on' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER consent_change_append_only BEFORE UPDATE OR DELETE ON "consent_change" FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consent_change_no_truncate BEFORE TRUNCATE ON "consent_change" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
