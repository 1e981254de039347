-- CreateEnum
CREATE TYPE "budget_purpose" AS ENUM ('TRAINING', 'ANALYTICS', 'METRICS');

-- CreateEnum
CREATE TYPE "reservation_status" AS ENUM ('RESERVED', 'STARTED', 'RELEASED');

-- AlterTable
ALTER TABLE "model_version" ADD COLUMN     "delta" DECIMAL(21,12),
ADD COLUMN     "epsilon" DECIMAL(21,12),
ADD COLUMN     "release_ids" UUID[],
ADD COLUMN     "reservation_id" UUID;

-- CreateTable
CREATE TABLE "privacy_cohort" (
    "cohort" CHAR(7) NOT NULL,
    "epsilon_limit" DECIMAL(21,12) NOT NULL,
    "delta" DECIMAL(21,12) NOT NULL,
    "filter_order" SMALLINT NOT NULL,
    "cap_units" DECIMAL(40,0) NOT NULL,
    "delta_cap_units" DECIMAL(40,0) NOT NULL,
    "spent_units" DECIMAL(40,0) NOT NULL DEFAULT 0,
    "spent_delta_units" DECIMAL(40,0) NOT NULL DEFAULT 0,
    "entry_count" INTEGER NOT NULL DEFAULT 0,
    "head_hash" BYTEA NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "privacy_cohort_pkey" PRIMARY KEY ("cohort")
);

-- CreateTable
CREATE TABLE "reservation" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "replay_key" BYTEA NOT NULL,
    "question" JSONB NOT NULL,
    "window_end" TIMESTAMPTZ(6) NOT NULL,
    "purpose" "budget_purpose" NOT NULL,
    "asked_by" TEXT NOT NULL,
    "epsilon" DECIMAL(21,12) NOT NULL,
    "delta" DECIMAL(21,12) NOT NULL,
    "event" JSONB NOT NULL,
    "mechanism" TEXT NOT NULL,
    "noise_scale" DOUBLE PRECISION NOT NULL,
    "cohorts" TEXT[],
    "excluded_cohorts" TEXT[],
    "content_hash" BYTEA NOT NULL,
    "status" "reservation_status" NOT NULL DEFAULT 'RESERVED',
    "reserved_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "released_at" TIMESTAMPTZ(3),

    CONSTRAINT "reservation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ledger_entry" (
    "cohort" CHAR(7) NOT NULL,
    "sequence" INTEGER NOT NULL,
    "id" UUID NOT NULL,
    "reservation_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "loss_units" DECIMAL(40,0) NOT NULL,
    "delta_units" DECIMAL(40,0) NOT NULL,
    "cumulative_units" DECIMAL(40,0) NOT NULL,
    "cumulative_delta_units" DECIMAL(40,0) NOT NULL,
    "previous_hash" BYTEA NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "ledger_entry_pkey" PRIMARY KEY ("cohort","sequence")
);

-- CreateTable
CREATE TABLE "release" (
    "id" UUID NOT NULL,
    "answer" JSONB NOT NULL,
    "rows" JSONB NOT NULL,
    "released_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "release_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "replay" (
    "id" UUID NOT NULL,
    "release_id" UUID NOT NULL,
    "asked_by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "replay_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "allowance" (
    "asked_by" TEXT NOT NULL,
    "purpose" "budget_purpose" NOT NULL,
    "epsilon" DECIMAL(21,12) NOT NULL,
    "window_days" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "allowance_pkey" PRIMARY KEY ("asked_by","purpose")
);

-- CreateTable
CREATE TABLE "refused_ask" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "asked_by" TEXT NOT NULL,
    "purpose" "budget_purpose",
    "code" TEXT NOT NULL,
    "parameter" TEXT,
    "question" JSONB,

    CONSTRAINT "refused_ask_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "statistic" (
    "release_id" UUID NOT NULL,
    "byte_count" BIGINT NOT NULL,
    "sha256" BYTEA NOT NULL,
    "retire_by" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "statistic_pkey" PRIMARY KEY ("release_id")
);

-- CreateTable
CREATE TABLE "statistic_chunk" (
    "release_id" UUID NOT NULL,
    "index" INTEGER NOT NULL,
    "bytes" BYTEA NOT NULL,
    "sha256" BYTEA NOT NULL,

    CONSTRAINT "statistic_chunk_pkey" PRIMARY KEY ("release_id","index")
);

-- CreateTable
CREATE TABLE "segmentation" (
    "id" UUID NOT NULL,
    "status" "model_status" NOT NULL DEFAULT 'PENDING',
    "segment_count" SMALLINT NOT NULL,
    "features" TEXT[],
    "epsilon" DECIMAL(21,12) NOT NULL,
    "requested_by" TEXT NOT NULL,
    "reservation_id" UUID NOT NULL,
    "worker_id" UUID,
    "heartbeat_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),
    "failure" TEXT,

    CONSTRAINT "segmentation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attack_report" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "rows" JSONB NOT NULL,
    "passed" BOOLEAN NOT NULL,

    CONSTRAINT "attack_report_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "customer_cohort_idx" ON "customer"("cohort");

-- CreateIndex
CREATE INDEX "reservation_replay_key_idx" ON "reservation"("replay_key");

-- CreateIndex
CREATE INDEX "reservation_asked_by_purpose_reserved_at_idx" ON "reservation"("asked_by", "purpose", "reserved_at");

-- CreateIndex
CREATE UNIQUE INDEX "ledger_entry_id_key" ON "ledger_entry"("id");

-- CreateIndex
CREATE INDEX "ledger_entry_reservation_id_idx" ON "ledger_entry"("reservation_id");

-- CreateIndex
CREATE INDEX "ledger_entry_at_idx" ON "ledger_entry"("at" DESC);

-- CreateIndex
CREATE INDEX "release_released_at_idx" ON "release"("released_at" DESC);

-- CreateIndex
CREATE INDEX "replay_release_id_idx" ON "replay"("release_id");

-- CreateIndex
CREATE INDEX "refused_ask_at_idx" ON "refused_ask"("at" DESC);

-- CreateIndex
CREATE INDEX "segmentation_created_at_idx" ON "segmentation"("created_at" DESC);

-- CreateIndex
CREATE INDEX "attack_report_at_idx" ON "attack_report"("at" DESC);


-- The ledger cannot overspend, whatever a program does: spending stays within the caps, and only grows.
ALTER TABLE "privacy_cohort"
  ADD CONSTRAINT "privacy_cohort_month" CHECK ("cohort" ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  ADD CONSTRAINT "privacy_cohort_within_cap" CHECK (
    "spent_units" BETWEEN 0 AND "cap_units" AND "spent_delta_units" BETWEEN 0 AND "delta_cap_units"
  );
ALTER TABLE "ledger_entry"
  ADD CONSTRAINT "ledger_entry_positive" CHECK ("loss_units" >= 0 AND "delta_units" >= 0 AND "sequence" >= 1);
ALTER TABLE "allowance"
  ADD CONSTRAINT "allowance_positive" CHECK ("epsilon" >= 0 AND "window_days" >= 1);

CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON "ledger_entry" FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER ledger_entry_no_truncate BEFORE TRUNCATE ON "ledger_entry" FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER release_append_only BEFORE UPDATE OR DELETE ON "release" FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER release_no_truncate BEFORE TRUNCATE ON "release" FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER replay_append_only BEFORE UPDATE OR DELETE ON "replay" FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER replay_no_truncate BEFORE TRUNCATE ON "replay" FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER refused_ask_append_only BEFORE UPDATE OR DELETE ON "refused_ask" FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER refused_ask_no_truncate BEFORE TRUNCATE ON "refused_ask" FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

-- A cohort is opened once. Afterwards its spending only grows, together with its chain, and nothing else changes.
CREATE FUNCTION guard_privacy_cohort() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'a privacy cohort is never removed' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.cohort, NEW.epsilon_limit, NEW.delta, NEW.filter_order, NEW.cap_units, NEW.delta_cap_units, NEW.opened_at)
     IS DISTINCT FROM
     (OLD.cohort, OLD.epsilon_limit, OLD.delta, OLD.filter_order, OLD.cap_units, OLD.delta_cap_units, OLD.opened_at)
     OR NEW.spent_units < OLD.spent_units OR NEW.spent_delta_units < OLD.spent_delta_units
     OR NEW.entry_count <> OLD.entry_count + 1 THEN
    RAISE EXCEPTION 'a privacy cohort only spends, one entry at a time' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER privacy_cohort_guard BEFORE UPDATE OR DELETE ON "privacy_cohort" FOR EACH ROW EXECUTE FUNCTION guard_privacy_cohort();
CREATE TRIGGER privacy_cohort_no_truncate BEFORE TRUNCATE ON "privacy_cohort" FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

-- A reservation goes RESERVED, STARTED, RELEASED, never back and never around STARTED.
CREATE FUNCTION guard_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  steps CONSTANT text[] := ARRAY['RESERVED', 'STARTED', 'RELEASED'];
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'a reservation is never removed' USING ERRCODE = 'restrict_violation';
  END IF;
  IF to_jsonb(NEW) - ARRAY['status', 'started_at', 'released_at'] <> to_jsonb(OLD) - ARRAY['status', 'started_at', 'released_at']
     OR array_position(steps, NEW.status::text) <> array_position(steps, OLD.status::text) + 1 THEN
    RAISE EXCEPTION 'a reservation only takes its next step' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER reservation_guard BEFORE UPDATE OR DELETE ON "reservation" FOR EACH ROW EXECUTE FUNCTION guard_reservation();
CREATE TRIGGER reservation_no_truncate BEFORE TRUNCATE ON "reservation" FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
