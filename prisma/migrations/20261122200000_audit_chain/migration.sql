-- The audit log as chains of events, partitioned by month, sealed by checkpoints. docs/audit-format.md.

-- What is there is kept under another name until the first gateway that starts has taken it into a chain (src/audit/audit-adoption.ts).
ALTER TABLE "audit_events" RENAME TO "audit_events_before";
ALTER INDEX "audit_events_pkey" RENAME TO "audit_events_before_pkey";
ALTER INDEX "audit_events_at_id_idx" RENAME TO "audit_events_before_at_id_idx";
DROP INDEX "audit_events_actor_id_at_id_idx";
DROP INDEX "audit_events_subject_kind_subject_name_at_id_idx";
DROP INDEX "audit_events_action_at_id_idx";

-- CreateTable
CREATE TABLE "audit_events" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "action" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "actor_kind" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "actor_name" TEXT NOT NULL,
    "subject_kind" TEXT,
    "subject_id" TEXT,
    "subject_name" TEXT,
    "version" INTEGER,
    "changes" JSON,
    "request_id" TEXT NOT NULL,
    "address" TEXT,
    "value_hash" BYTEA,
    "stream" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("id","at")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "audit_streams" (
    "id" UUID NOT NULL,
    "audit_key_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,
    "sealed_seq" BIGINT NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(6) NOT NULL,
    "label" TEXT NOT NULL,

    CONSTRAINT "audit_streams_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_checkpoints" (
    "number" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "audit_key_id" UUID NOT NULL,
    "body" JSON NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "audit_checkpoints_pkey" PRIMARY KEY ("number")
);

-- CreateTable
CREATE TABLE "audit_keys" (
    "id" UUID NOT NULL,
    "ciphertext" BYTEA NOT NULL,
    "wrapped_key" BYTEA NOT NULL,
    "key_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "audit_keys_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "audit_events_at_id_idx" ON "audit_events"("at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_events_actor_id_at_id_idx" ON "audit_events"("actor_id", "at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_events_subject_kind_subject_name_at_id_idx" ON "audit_events"("subject_kind", "subject_name", "at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_events_action_at_id_idx" ON "audit_events"("action", "at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_events_stream_seq_idx" ON "audit_events"("stream", "seq");

-- What follows is written by hand.

-- The few events that say what became of a secret's value: what a checkpoint seals besides the newest hash.
CREATE INDEX "audit_events_of_values" ON "audit_events" ("stream", "seq") WHERE "value_hash" IS NOT NULL;
-- One key there is: whoever starts first makes it.
CREATE UNIQUE INDEX "audit_keys_one" ON "audit_keys" ((1));

ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_outcome" CHECK ("outcome" IN ('DONE', 'REFUSED', 'FAILED'));
ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_hash" CHECK (length("hash") = 32 AND "seq" > 0);

CREATE FUNCTION "refuse_change_of_audit_log"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are never changed or removed';
END
$$;
CREATE TRIGGER "audit_events_append_only" BEFORE UPDATE OR DELETE ON "audit_events"
    FOR EACH ROW EXECUTE FUNCTION "refuse_change_of_audit_log"();
CREATE TRIGGER "audit_events_never_truncated" BEFORE TRUNCATE ON "audit_events"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change_of_audit_log"();
CREATE TRIGGER "audit_checkpoints_append_only" BEFORE UPDATE OR DELETE ON "audit_checkpoints"
    FOR EACH ROW EXECUTE FUNCTION "refuse_change_of_audit_log"();
CREATE TRIGGER "audit_checkpoints_never_truncated" BEFORE TRUNCATE ON "audit_checkpoints"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change_of_audit_log"();
CREATE TRIGGER "audit_keys_never_removed" BEFORE DELETE ON "audit_keys"
    FOR EACH ROW EXECUTE FUNCTION "refuse_change_of_audit_log"();
CREATE TRIGGER "audit_keys_never_truncated" BEFORE TRUNCATE ON "audit_keys"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change_of_audit_log"();

-- Makes the partition of a month, given by its first day, unless it is there. Made apart and then attached: that locks nobody out. Two may do
-- it at once: the second waits for the first, and finds it done.
CREATE FUNCTION "make_audit_partition"(month DATE) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    partition TEXT := 'audit_events_' || to_char(month, 'YYYY_MM');
BEGIN
    IF EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = '"audit_events"'::regclass AND inhrelid = to_regclass(partition)) THEN
        RETURN;
    END IF;
    BEGIN
        EXECUTE format('CREATE TABLE %I (LIKE "audit_events" INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    EXCEPTION WHEN duplicate_table OR unique_violation THEN
        RETURN;
    END;
    EXECUTE format(
        'CREATE TRIGGER "audit_events_never_truncated" BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change_of_audit_log"()',
        partition);
    EXECUTE format('ALTER TABLE "audit_events" ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        partition, month::text || ' 00:00:00+00', (month + interval '1 month')::date::text || ' 00:00:00+00');
END
$$;

DO $$
DECLARE
    month DATE;
BEGIN
    FOR month IN
        SELECT date_trunc('month', "at" AT TIME ZONE 'UTC')::date FROM "audit_events_before"
        UNION SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i))::date FROM generate_series(0, 2) i
    LOOP
        PERFORM "make_audit_partition"(month);
    END LOOP;
    IF NOT EXISTS (SELECT 1 FROM "audit_events_before") THEN
        DROP TABLE "audit_events_before";
        DROP FUNCTION "refuse_change_of_audit_events"();
    END IF;
END
$$;
