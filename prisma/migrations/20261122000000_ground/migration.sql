-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "username" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT,
    "password_hash" TEXT,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "token_generation" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" UUID,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "groups" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" UUID,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "groups_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "group_members" (
    "id" UUID NOT NULL,
    "group_id" UUID NOT NULL,
    "member_kind" TEXT NOT NULL,
    "member_id" UUID NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_to" TIMESTAMPTZ(6),

    CONSTRAINT "group_members_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "role_assignments" (
    "id" UUID NOT NULL,
    "subject_kind" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_to" TIMESTAMPTZ(6),

    CONSTRAINT "role_assignments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "applications" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" UUID,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "applications_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_keys" (
    "id" UUID NOT NULL,
    "application_id" UUID NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "key_id" TEXT NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "token_generation" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" UUID,
    "last_used_at" TIMESTAMPTZ(6),
    "expires_at" TIMESTAMPTZ(6),
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "access_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "secrets" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "current_version" INTEGER NOT NULL,
    "expires_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(6) NOT NULL,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(6),
    "purged_at" TIMESTAMPTZ(6),

    CONSTRAINT "secrets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "secret_versions" (
    "secret_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "ciphertext" BYTEA,
    "wrapped_key" BYTEA,
    "key_id" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" UUID,
    "destroyed_at" TIMESTAMPTZ(6),

    CONSTRAINT "secret_versions_pkey" PRIMARY KEY ("secret_id","number")
);

-- CreateTable
CREATE TABLE "secret_tags" (
    "id" UUID NOT NULL,
    "secret_id" UUID NOT NULL,
    "tag" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_to" TIMESTAMPTZ(6),

    CONSTRAINT "secret_tags_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "permissions" (
    "id" UUID NOT NULL,
    "subject_kind" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "target_kind" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "secret_id" UUID,
    "access" TEXT[],
    "expires_at" TIMESTAMPTZ(6),
    "granted_by" UUID,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_to" TIMESTAMPTZ(6),

    CONSTRAINT "permissions_pkey" PRIMARY KEY ("id")
);

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
    "changes" JSONB,
    "request_id" TEXT NOT NULL,
    "address" TEXT,

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "signing_keys" (
    "id" TEXT NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "ciphertext" BYTEA NOT NULL,
    "wrapped_key" BYTEA NOT NULL,
    "key_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "retired_at" TIMESTAMPTZ(6),
    "revoked_at" TIMESTAMPTZ(6),

    CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_epoch" (
    "id" INTEGER NOT NULL,
    "epoch" INTEGER NOT NULL,

    CONSTRAINT "access_epoch_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "access_keys_application_id_created_at_idx" ON "access_keys"("application_id", "created_at");

-- CreateIndex
CREATE INDEX "access_keys_key_id_idx" ON "access_keys"("key_id");

-- CreateIndex
CREATE INDEX "audit_events_at_id_idx" ON "audit_events"("at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_events_actor_id_at_id_idx" ON "audit_events"("actor_id", "at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_events_subject_kind_subject_name_at_id_idx" ON "audit_events"("subject_kind", "subject_name", "at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_events_action_at_id_idx" ON "audit_events"("action", "at" DESC, "id" DESC);

-- AddForeignKey
ALTER TABLE "group_members" ADD CONSTRAINT "group_members_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "groups"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "access_keys" ADD CONSTRAINT "access_keys_application_id_fkey" FOREIGN KEY ("application_id") REFERENCES "applications"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "secret_versions" ADD CONSTRAINT "secret_versions_secret_id_fkey" FOREIGN KEY ("secret_id") REFERENCES "secrets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "secret_tags" ADD CONSTRAINT "secret_tags_secret_id_fkey" FOREIGN KEY ("secret_id") REFERENCES "secrets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What follows is written by hand: what Prisma's schema language does not say.

-- The current rows, of which there is one each.
CREATE UNIQUE INDEX "users_username_live" ON "users" ("username") WHERE "deleted_at" IS NULL;
CREATE UNIQUE INDEX "groups_name_live" ON "groups" ("name") WHERE "deleted_at" IS NULL;
CREATE UNIQUE INDEX "secrets_name_live" ON "secrets" ("name" COLLATE "C") WHERE "deleted_at" IS NULL;
CREATE UNIQUE INDEX "group_members_current" ON "group_members" ("member_id", "group_id") WHERE "valid_to" IS NULL;
CREATE UNIQUE INDEX "role_assignments_current" ON "role_assignments" ("subject_id", "role") WHERE "valid_to" IS NULL;
CREATE UNIQUE INDEX "secret_tags_current" ON "secret_tags" ("secret_id", "tag") WHERE "valid_to" IS NULL;
CREATE UNIQUE INDEX "permissions_current" ON "permissions"
    ("subject_id", "target_kind", "target", COALESCE("secret_id", '00000000-0000-0000-0000-000000000000'), COALESCE("expires_at", 'infinity'))
    WHERE "valid_to" IS NULL;

-- The ways they are asked for.
CREATE INDEX "group_members_of_group" ON "group_members" ("group_id", "valid_from", "id") WHERE "valid_to" IS NULL;
CREATE INDEX "role_assignments_by_role" ON "role_assignments" ("role") WHERE "valid_to" IS NULL;
CREATE INDEX "secret_tags_by_tag" ON "secret_tags" ("tag" COLLATE "C", "secret_id") WHERE "valid_to" IS NULL;
CREATE INDEX "permissions_by_target" ON "permissions" ("target_kind", "target", "subject_id") WHERE "valid_to" IS NULL;
CREATE INDEX "permissions_by_age" ON "permissions" ("valid_from" DESC, "id" DESC) WHERE "valid_to" IS NULL;
CREATE INDEX "permissions_of_secret" ON "permissions" ("secret_id") WHERE "valid_to" IS NULL AND "secret_id" IS NOT NULL;
CREATE INDEX "secrets_by_update" ON "secrets" ("updated_at" DESC, "id" DESC) WHERE "deleted_at" IS NULL;
CREATE INDEX "secrets_by_expiry" ON "secrets" (COALESCE("expires_at", 'infinity'), "id") WHERE "deleted_at" IS NULL;
CREATE INDEX "secrets_deleted" ON "secrets" ("deleted_at") WHERE "deleted_at" IS NOT NULL AND "purged_at" IS NULL;
CREATE INDEX "secret_versions_by_key" ON "secret_versions" ("key_id") WHERE "key_id" IS NOT NULL;
CREATE INDEX "applications_by_creator" ON "applications" ("created_by") WHERE "deleted_at" IS NULL;
CREATE INDEX "applications_by_name" ON "applications" ("name" COLLATE "C", "id") WHERE "deleted_at" IS NULL;

-- The words that may stand in a column.
ALTER TABLE "permissions" ADD CONSTRAINT "permissions_subject_kind" CHECK ("subject_kind" IN ('USER', 'GROUP', 'APPLICATION'));
ALTER TABLE "permissions" ADD CONSTRAINT "permissions_target_kind" CHECK ("target_kind" IN ('TAG', 'SECRET'));
ALTER TABLE "permissions" ADD CONSTRAINT "permissions_access"
    CHECK ("access" <@ ARRAY['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'] AND cardinality("access") > 0);
ALTER TABLE "role_assignments" ADD CONSTRAINT "role_assignments_subject_kind" CHECK ("subject_kind" IN ('USER', 'GROUP', 'APPLICATION'));
ALTER TABLE "group_members" ADD CONSTRAINT "group_members_member_kind" CHECK ("member_kind" IN ('USER', 'APPLICATION'));
ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_outcome" CHECK ("outcome" IN ('DONE', 'REFUSED', 'FAILED'));

-- A value and its data key are there together, or destroyed together.
ALTER TABLE "secret_versions" ADD CONSTRAINT "secret_versions_whole" CHECK (
    ("destroyed_at" IS NULL) = ("ciphertext" IS NOT NULL)
    AND ("ciphertext" IS NULL) = ("wrapped_key" IS NULL)
    AND ("ciphertext" IS NULL) = ("key_id" IS NULL)
);

-- The audit log is only added to.
CREATE FUNCTION "refuse_change_of_audit_events"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are never changed or removed';
END
$$;
CREATE TRIGGER "audit_events_append_only" BEFORE UPDATE OR DELETE ON "audit_events"
    FOR EACH ROW EXECUTE FUNCTION "refuse_change_of_audit_events"();
CREATE TRIGGER "audit_events_never_truncated" BEFORE TRUNCATE ON "audit_events"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change_of_audit_events"();

-- The one row that everything remembered of principals hangs on.
ALTER TABLE "access_epoch" ADD CONSTRAINT "access_epoch_one_row" CHECK ("id" = 1);
INSERT INTO "access_epoch" ("id", "epoch") VALUES (1, 1);
