-- Creates the tables of the gateway. Related tables follow each other. The indexes and constraints of a table follow the table.
-- prisma/schema.prisma describes the same tables for the Prisma client. Prisma's language has no partial indexes, no indexes on expressions, no
-- checks, no triggers and no partitions, so this file is written by hand.
--
-- Rows of grants, memberships, role assignments and tags are never changed or removed. A row ends when "valid_to" is set. A row with "valid_to" null
-- is current. Indexes named "..._current" or "..._live" allow one current row each; indexes named "..._ever_..." also serve questions about the past;
-- "..._began", "..._ended" and "..._expired" serve the history of access, which is read in the order of time.
-- Texts of secrets, tags and resources are compared by their bytes (COLLATE "C"), so their order does not depend on the locale of the server.

-- ---------------------------------------------------------------------------------------------------------------------------------------------------
-- Users, groups and roles
-- ---------------------------------------------------------------------------------------------------------------------------------------------------

-- A deleted user or group keeps its row, because audit events and grants refer to its id.
-- "name_key" is the comparison form of the name. Only the gateway computes the form (src/primitives/name-key.ts), because lower() and normalize() of
-- PostgreSQL depend on its version and locale.
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "username" TEXT NOT NULL,
    "name_key" TEXT NOT NULL,
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

CREATE TABLE "groups" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "name_key" TEXT NOT NULL,
    "description" TEXT,
    "default_access" JSONB,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" UUID,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "groups_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "users_key_live" ON "users" ("name_key") WHERE "deleted_at" IS NULL;
CREATE UNIQUE INDEX "groups_key_live" ON "groups" ("name_key") WHERE "deleted_at" IS NULL;

CREATE TABLE "group_members" (
    "id" UUID NOT NULL,
    "group_id" UUID NOT NULL,
    "member_kind" TEXT NOT NULL,
    "member_id" UUID NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_to" TIMESTAMPTZ(6),
    "begun_by_event" UUID,
    "ended_by_event" UUID,

    CONSTRAINT "group_members_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "group_members_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "groups" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "group_members_member_kind" CHECK ("member_kind" IN ('USER', 'APPLICATION'))
);

CREATE UNIQUE INDEX "group_members_current" ON "group_members" ("member_id", "group_id") WHERE "valid_to" IS NULL;
CREATE INDEX "group_members_of_group" ON "group_members" ("group_id", "valid_from", "id") WHERE "valid_to" IS NULL;
CREATE INDEX "group_members_by_member" ON "group_members" ("group_id", "member_id") WHERE "valid_to" IS NULL;
CREATE INDEX "group_members_ever_of_member" ON "group_members" ("member_id", "group_id");
CREATE INDEX "group_members_ever_of_group" ON "group_members" ("group_id", "member_id");
CREATE INDEX "group_members_began" ON "group_members" ("group_id", "valid_from");
CREATE INDEX "group_members_ended" ON "group_members" ("group_id", "valid_to") WHERE "valid_to" IS NOT NULL;

-- The roles that decide about access: ADMIN, AUDITOR and USER.
CREATE TABLE "role_assignments" (
    "id" UUID NOT NULL,
    "subject_kind" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_to" TIMESTAMPTZ(6),
    "begun_by_event" UUID,
    "ended_by_event" UUID,

    CONSTRAINT "role_assignments_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "role_assignments_subject_kind" CHECK ("subject_kind" IN ('USER', 'GROUP', 'APPLICATION'))
);

CREATE UNIQUE INDEX "role_assignments_current" ON "role_assignments" ("subject_id", "role") WHERE "valid_to" IS NULL;
CREATE INDEX "role_assignments_by_role" ON "role_assignments" ("role") WHERE "valid_to" IS NULL;
CREATE INDEX "role_assignments_ever_of_subject" ON "role_assignments" ("subject_id", "role");
CREATE INDEX "role_assignments_ever_by_role" ON "role_assignments" ("role", "subject_id");

-- All roles by name. A workflow engine reads the permissions of a role; the gateway does not decide by these permissions.
CREATE TABLE "role_definitions" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "permissions" TEXT[],
    "system" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" UUID,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "role_definitions_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "role_definitions_name_live" ON "role_definitions" ("name") WHERE "deleted_at" IS NULL;

-- The system roles. Their permissions are those that the documentation of Orkes Conductor lists. WORKFLOW_ENGINE is a role of the gateway.
INSERT INTO "role_definitions" ("id", "name", "permissions", "system", "created_at") VALUES
    ('00000000-0000-7000-8000-000000000001', 'ADMIN', ARRAY['AUTHORIZATION_MANAGEMENT','WORKFLOW_SEARCH','PUBLISHER_MANAGEMENT','API_GATEWAY_VIEW','API_GATEWAY_MANAGEMENT','WORKFLOW_MANAGEMENT','PROMPT_MANAGEMENT','EVENT_HANDLER_MANAGEMENT','USER_MANAGEMENT','PERMISSION_MANAGEMENT','METADATA_VIEW','ADMIN_MANAGEMENT','METADATA_MANAGEMENT','APPLICATION_MANAGEMENT','BULK_MANAGEMENT','SCHEDULE_MANAGEMENT']::TEXT[], true, '2026-11-22T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000002', 'AUDITOR', ARRAY[]::TEXT[], true, '2026-11-22T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000003', 'USER', ARRAY['CREATE_SECRET','CREATE_WORKFLOW_DEF','CREATE_TASK_DEF','CREATE_USER_FORM_TEMPLATE','CREATE_INTEGRATION','CREATE_APPLICATION','WORKFLOW_SEARCH','API_GATEWAY_VIEW','API_GATEWAY_MANAGEMENT']::TEXT[], true, '2026-11-22T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000004', 'METADATA_MANAGER', ARRAY['CREATE_SECRET','CREATE_INTEGRATION','METADATA_VIEW','METADATA_MANAGEMENT','API_GATEWAY_VIEW','API_GATEWAY_MANAGEMENT']::TEXT[], true, '2026-11-22T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000005', 'WORKFLOW_MANAGER', ARRAY[]::TEXT[], true, '2026-11-22T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000006', 'USER_READ_ONLY', ARRAY[]::TEXT[], true, '2026-11-22T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000007', 'WORKER', ARRAY[]::TEXT[], true, '2026-11-22T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000008', 'METADATA_API', ARRAY['CREATE_TASK_DEF','CREATE_WORKFLOW_DEF','CREATE_USER_FORM_TEMPLATE']::TEXT[], true, '2026-11-22T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000009', 'APPLICATION_CREATOR', ARRAY['CREATE_APPLICATION']::TEXT[], true, '2026-11-22T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000010', 'APPLICATION_MANAGER', ARRAY['APPLICATION_MANAGEMENT']::TEXT[], true, '2026-11-22T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000011', 'UNRESTRICTED_WORKER', ARRAY[]::TEXT[], true, '2026-11-22T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000012', 'PROMPT_MANAGER', ARRAY['PROMPT_MANAGEMENT']::TEXT[], true, '2026-11-22T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000013', 'WORKFLOW_ENGINE', ARRAY[]::TEXT[], true, '2026-11-22T00:00:00Z');

-- Assignments of roles that do not decide about access. The gateway stores these assignments for workflow engines.
CREATE TABLE "custom_role_assignments" (
    "id" UUID NOT NULL,
    "subject_kind" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "role_id" UUID NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_to" TIMESTAMPTZ(6),
    "begun_by_event" UUID,
    "ended_by_event" UUID,

    CONSTRAINT "custom_role_assignments_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "custom_role_assignments_role_id_fkey"
        FOREIGN KEY ("role_id") REFERENCES "role_definitions" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "custom_role_assignments_subject_kind" CHECK ("subject_kind" IN ('USER', 'GROUP', 'APPLICATION'))
);

CREATE UNIQUE INDEX "custom_role_assignments_current" ON "custom_role_assignments" ("subject_id", "role_id") WHERE "valid_to" IS NULL;
CREATE INDEX "custom_role_assignments_by_role" ON "custom_role_assignments" ("role_id") WHERE "valid_to" IS NULL;

-- Each process caches the entitlements of principals. A change of entitlements raises the epoch, and a cached entry with another epoch is read again.
-- The table has exactly one row.
CREATE TABLE "access_epoch" (
    "id" INTEGER NOT NULL,
    "epoch" INTEGER NOT NULL,

    CONSTRAINT "access_epoch_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "access_epoch_one_row" CHECK ("id" = 1)
);

INSERT INTO "access_epoch" ("id", "epoch") VALUES (1, 1);

-- ---------------------------------------------------------------------------------------------------------------------------------------------------
-- Applications and signing keys
-- ---------------------------------------------------------------------------------------------------------------------------------------------------

CREATE TABLE "applications" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(6) NOT NULL,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "applications_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "applications_by_creator" ON "applications" ("created_by") WHERE "deleted_at" IS NULL;
CREATE INDEX "applications_by_name" ON "applications" ("name" COLLATE "C", "id") WHERE "deleted_at" IS NULL;

-- The database has only an HMAC of the secret half of an access key.
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

    CONSTRAINT "access_keys_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "access_keys_application_id_fkey" FOREIGN KEY ("application_id") REFERENCES "applications" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE INDEX "access_keys_application_id_created_at_idx" ON "access_keys" ("application_id", "created_at");
CREATE INDEX "access_keys_key_id_idx" ON "access_keys" ("key_id");

-- The keys that sign tokens. A signing key without a valid MAC is not used, so a key that someone inserts by hand signs and verifies no token.
CREATE TABLE "signing_keys" (
    "id" TEXT NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "ciphertext" BYTEA NOT NULL,
    "wrapped_key" BYTEA NOT NULL,
    "key_id" TEXT NOT NULL,
    "mac" BYTEA,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "retired_at" TIMESTAMPTZ(6),
    "revoked_at" TIMESTAMPTZ(6),

    CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("id")
);

-- ---------------------------------------------------------------------------------------------------------------------------------------------------
-- Secrets and their tags
-- ---------------------------------------------------------------------------------------------------------------------------------------------------

-- A deleted or purged secret keeps its row, because the audit log and the history of access refer to its name.
-- Each gateway process caches secrets. Every change of a row that decides about a secret or its value raises "revision" in the same transaction. The
-- triggers below raise the revision, so a change by hand raises it too. A gateway uses a cached secret only while the revision is the same.
CREATE TABLE "secrets" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "current_version" INTEGER NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "expires_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(6) NOT NULL,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(6),
    "purged_at" TIMESTAMPTZ(6),

    CONSTRAINT "secrets_pkey" PRIMARY KEY ("id")
);

-- Pages of secrets are read from these indexes alone (INCLUDE). The rows of a page lie far apart on the disk once there are a million secrets.
CREATE UNIQUE INDEX "secrets_name_live" ON "secrets" ("name" COLLATE "C") INCLUDE ("id") WHERE "deleted_at" IS NULL;
CREATE UNIQUE INDEX "secrets_live" ON "secrets" ("id") INCLUDE ("name") WHERE "deleted_at" IS NULL;
CREATE INDEX "secrets_by_expiry" ON "secrets" (COALESCE("expires_at", 'infinity'), "id") INCLUDE ("expires_at") WHERE "deleted_at" IS NULL;
CREATE INDEX "secrets_by_update" ON "secrets" ("updated_at" DESC, "id" DESC) WHERE "deleted_at" IS NULL;
CREATE INDEX "secrets_deleted" ON "secrets" ("deleted_at") WHERE "deleted_at" IS NOT NULL AND "purged_at" IS NULL;
CREATE INDEX "secrets_ever_named" ON "secrets" ("name" COLLATE "C", "id");

-- The sealed values. Layout: docs/crypto-format.md. A value and its data key are destroyed together, and the row stays.
CREATE TABLE "secret_versions" (
    "secret_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "ciphertext" BYTEA,
    "wrapped_key" BYTEA,
    "key_id" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" UUID,
    "destroyed_at" TIMESTAMPTZ(6),

    CONSTRAINT "secret_versions_pkey" PRIMARY KEY ("secret_id", "number"),
    CONSTRAINT "secret_versions_secret_id_fkey" FOREIGN KEY ("secret_id") REFERENCES "secrets" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "secret_versions_whole" CHECK (
        ("destroyed_at" IS NULL) = ("ciphertext" IS NOT NULL)
        AND ("ciphertext" IS NULL) = ("wrapped_key" IS NULL)
        AND ("ciphertext" IS NULL) = ("key_id" IS NULL)
    )
);

CREATE INDEX "secret_versions_by_key" ON "secret_versions" ("key_id") WHERE "key_id" IS NOT NULL;

-- "name" is the name of the secret, which never changes: pages of the secrets with a tag are read from one index, in the order of names.
-- "tagged_by" and "tagged_by_admin" decide who may remove the tag (docs/adr/0024).
CREATE TABLE "secret_tags" (
    "id" UUID NOT NULL,
    "secret_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "tag" TEXT NOT NULL,
    "tagged_by" UUID,
    "tagged_by_admin" BOOLEAN NOT NULL DEFAULT false,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_to" TIMESTAMPTZ(6),
    "begun_by_event" UUID,
    "ended_by_event" UUID,

    CONSTRAINT "secret_tags_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "secret_tags_secret_id_fkey" FOREIGN KEY ("secret_id") REFERENCES "secrets" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE UNIQUE INDEX "secret_tags_current" ON "secret_tags" ("secret_id", "tag") WHERE "valid_to" IS NULL;
CREATE INDEX "secret_tags_by_tag" ON "secret_tags" ("tag" COLLATE "C", "secret_id") WHERE "valid_to" IS NULL;
CREATE INDEX "secret_tags_by_name" ON "secret_tags" ("tag" COLLATE "C", "name" COLLATE "C", "secret_id") WHERE "valid_to" IS NULL;
CREATE INDEX "secret_tags_ever_of_secret" ON "secret_tags" ("secret_id", "tag");
CREATE INDEX "secret_tags_ever_by_tag" ON "secret_tags" ("tag" COLLATE "C", "secret_id", "valid_from", "valid_to");
CREATE INDEX "secret_tags_began" ON "secret_tags" ("tag" COLLATE "C", "valid_from");
CREATE INDEX "secret_tags_ended" ON "secret_tags" ("tag" COLLATE "C", "valid_to") WHERE "valid_to" IS NOT NULL;

-- ---------------------------------------------------------------------------------------------------------------------------------------------------
-- Grants and the history of access
-- ---------------------------------------------------------------------------------------------------------------------------------------------------

-- A grant on a tag or a secret decides about access. Grants on other kinds of targets, and grants to roles, are stored for workflow engines and never
-- give access to a secret: the check "permissions_of_roles" keeps roles apart from tags and secrets, and decisions about secrets read only grants with
-- the target kinds TAG and SECRET.
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
    "begun_by_event" UUID,
    "ended_by_event" UUID,

    CONSTRAINT "permissions_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "permissions_subject_kind" CHECK ("subject_kind" IN ('USER', 'GROUP', 'APPLICATION', 'ROLE')),
    CONSTRAINT "permissions_target_kind" CHECK ("target_kind" ~ '^[A-Z][A-Z_]{1,49}$' AND "target_kind" <> 'SECRET_NAME'),
    CONSTRAINT "permissions_access" CHECK ("access" <@ ARRAY['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'] AND cardinality("access") > 0),
    CONSTRAINT "permissions_of_roles" CHECK ("subject_kind" <> 'ROLE' OR "target_kind" NOT IN ('TAG', 'SECRET'))
);

-- Grants of different grantors are different rows, because the grantor decides who may revoke the grant (docs/adr/0024). A unique index treats nulls as
-- different, so each null is replaced by a value that no row has.
CREATE UNIQUE INDEX "permissions_current" ON "permissions"
    ("subject_id", "target_kind", "target", COALESCE("secret_id", '00000000-0000-0000-0000-000000000000'), COALESCE("expires_at", 'infinity'),
     COALESCE("granted_by", '00000000-0000-0000-0000-000000000000'))
    WHERE "valid_to" IS NULL;
CREATE INDEX "permissions_by_target" ON "permissions" ("target_kind", "target", "subject_id") WHERE "valid_to" IS NULL;
CREATE INDEX "permissions_by_age" ON "permissions" ("valid_from" DESC, "id" DESC) WHERE "valid_to" IS NULL;
CREATE INDEX "permissions_of_secret" ON "permissions" ("secret_id") WHERE "valid_to" IS NULL AND "secret_id" IS NOT NULL;
CREATE INDEX "permissions_to_groups" ON "permissions" ("target_kind", "target", "subject_id") WHERE "valid_to" IS NULL AND "subject_kind" = 'GROUP';
CREATE INDEX "permissions_on_names" ON "permissions" ("subject_id", "target")
    WHERE "valid_to" IS NULL AND "target_kind" = 'SECRET' AND "secret_id" IS NULL;
CREATE INDEX "permissions_bound" ON "permissions" ("subject_id", "secret_id") WHERE "valid_to" IS NULL AND "secret_id" IS NOT NULL;
CREATE INDEX "permissions_ever_of_subject" ON "permissions" ("subject_id", "target_kind", "target");
CREATE INDEX "permissions_ever_by_target" ON "permissions" ("target_kind", "target", "subject_id");
CREATE INDEX "permissions_ever_bound" ON "permissions" ("subject_id", "secret_id") WHERE "secret_id" IS NOT NULL;
CREATE INDEX "permissions_began" ON "permissions" ("subject_id", "valid_from") WHERE "target_kind" IN ('TAG', 'SECRET');
CREATE INDEX "permissions_ended" ON "permissions" ("subject_id", "valid_to") WHERE "target_kind" IN ('TAG', 'SECRET') AND "valid_to" IS NOT NULL;
CREATE INDEX "permissions_expired" ON "permissions" ("subject_id", "expires_at")
    WHERE "target_kind" IN ('TAG', 'SECRET') AND "expires_at" IS NOT NULL;

-- The times in which a user or an application was active, or a secret was not deleted. The tables of these objects have only the present state.
CREATE TABLE "periods" (
    "id" UUID NOT NULL,
    "object_kind" TEXT NOT NULL,
    "object_id" UUID NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_to" TIMESTAMPTZ(6),
    "begun_by_event" UUID,
    "ended_by_event" UUID,

    CONSTRAINT "periods_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "periods_object_kind" CHECK ("object_kind" IN ('USER', 'APPLICATION', 'SECRET'))
);

CREATE UNIQUE INDEX "periods_current" ON "periods" ("object_id") WHERE "valid_to" IS NULL;
CREATE INDEX "periods_object_id_valid_from_idx" ON "periods" ("object_id", "valid_from");
CREATE INDEX "periods_began" ON "periods" ("object_kind", "valid_from");
CREATE INDEX "periods_ended" ON "periods" ("object_kind", "valid_to") WHERE "valid_to" IS NOT NULL;

-- ---------------------------------------------------------------------------------------------------------------------------------------------------
-- The revisions of secrets
-- ---------------------------------------------------------------------------------------------------------------------------------------------------

-- A statement that raises the revision itself needs no help from this trigger.
CREATE FUNCTION "raise_revision"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW."revision" := OLD."revision" + 1;
    RETURN NEW;
END
$$;
CREATE TRIGGER "secrets_revision" BEFORE UPDATE ON "secrets"
    FOR EACH ROW WHEN (NEW."revision" <= OLD."revision") EXECUTE FUNCTION "raise_revision"();

-- The following triggers lock rows of "secrets". To avoid deadlocks, a transaction that locks both the row of "access_epoch" and secrets locks the row
-- of "access_epoch" first.
-- These triggers run once for each statement, so that a statement with many rows updates each secret once.
CREATE FUNCTION "raise_revision_of_tagged"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE "secrets" SET "revision" = "revision" + 1 WHERE "id" IN (SELECT "secret_id" FROM "new_rows");
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE "secrets" SET "revision" = "revision" + 1 WHERE "id" IN (SELECT "secret_id" FROM "old_rows");
    ELSE
        UPDATE "secrets" SET "revision" = "revision" + 1
        WHERE "id" IN (SELECT "secret_id" FROM "old_rows" UNION SELECT "secret_id" FROM "new_rows");
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER "secret_tags_inserted" AFTER INSERT ON "secret_tags" REFERENCING NEW TABLE AS "new_rows"
    FOR EACH STATEMENT EXECUTE FUNCTION "raise_revision_of_tagged"();
CREATE TRIGGER "secret_tags_updated" AFTER UPDATE ON "secret_tags" REFERENCING OLD TABLE AS "old_rows" NEW TABLE AS "new_rows"
    FOR EACH STATEMENT EXECUTE FUNCTION "raise_revision_of_tagged"();
CREATE TRIGGER "secret_tags_deleted" AFTER DELETE ON "secret_tags" REFERENCING OLD TABLE AS "old_rows"
    FOR EACH STATEMENT EXECUTE FUNCTION "raise_revision_of_tagged"();

-- A grant on a name applies only to live secrets with the name, so only live secrets with the name need a new revision. The function locks several
-- secrets in the order of their ids. Otherwise two statements that change grants on the same names could wait for each other.
CREATE FUNCTION "raise_revision_of_granted"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    names TEXT[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        names := ARRAY(SELECT DISTINCT "target" FROM "new_rows" WHERE "target_kind" = 'SECRET');
    ELSIF TG_OP = 'DELETE' THEN
        names := ARRAY(SELECT DISTINCT "target" FROM "old_rows" WHERE "target_kind" = 'SECRET');
    ELSE
        names := ARRAY(SELECT "target" FROM "old_rows" WHERE "target_kind" = 'SECRET'
            UNION SELECT "target" FROM "new_rows" WHERE "target_kind" = 'SECRET');
    END IF;
    IF cardinality(names) > 1 THEN
        PERFORM FROM "secrets" WHERE "name" COLLATE "C" = ANY (names) AND "deleted_at" IS NULL ORDER BY "id" FOR NO KEY UPDATE;
    END IF;
    IF cardinality(names) > 0 THEN
        UPDATE "secrets" SET "revision" = "revision" + 1 WHERE "name" COLLATE "C" = ANY (names) AND "deleted_at" IS NULL;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER "permissions_inserted" AFTER INSERT ON "permissions" REFERENCING NEW TABLE AS "new_rows"
    FOR EACH STATEMENT EXECUTE FUNCTION "raise_revision_of_granted"();
CREATE TRIGGER "permissions_updated" AFTER UPDATE ON "permissions" REFERENCING OLD TABLE AS "old_rows" NEW TABLE AS "new_rows"
    FOR EACH STATEMENT EXECUTE FUNCTION "raise_revision_of_granted"();
CREATE TRIGGER "permissions_deleted" AFTER DELETE ON "permissions" REFERENCING OLD TABLE AS "old_rows"
    FOR EACH STATEMENT EXECUTE FUNCTION "raise_revision_of_granted"();

-- The gateway caches only the current version of a secret. A new version becomes the current version by an update of "secrets".
CREATE FUNCTION "raise_revision_of_version"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "secrets" SET "revision" = "revision" + 1 WHERE "id" = OLD."secret_id" AND "current_version" = OLD."number";
    RETURN NULL;
END
$$;
CREATE TRIGGER "secret_versions_revision" AFTER UPDATE OR DELETE ON "secret_versions"
    FOR EACH ROW EXECUTE FUNCTION "raise_revision_of_version"();

-- TRUNCATE fires no trigger for each row. New revisions make every cached secret invalid.
CREATE FUNCTION "raise_revisions_after_truncate"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "access_epoch" SET "epoch" = "epoch" + 1;
    UPDATE "secrets" SET "revision" = "revision" + 1 WHERE "deleted_at" IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER "secret_tags_truncated" AFTER TRUNCATE ON "secret_tags" FOR EACH STATEMENT EXECUTE FUNCTION "raise_revisions_after_truncate"();
CREATE TRIGGER "permissions_truncated" AFTER TRUNCATE ON "permissions" FOR EACH STATEMENT EXECUTE FUNCTION "raise_revisions_after_truncate"();
CREATE TRIGGER "secret_versions_truncated" AFTER TRUNCATE ON "secret_versions" FOR EACH STATEMENT EXECUTE FUNCTION "raise_revisions_after_truncate"();

-- ---------------------------------------------------------------------------------------------------------------------------------------------------
-- Data for workflow engines, and registered GraphQL operations
-- ---------------------------------------------------------------------------------------------------------------------------------------------------

-- Tags on resources that are not secrets.
CREATE TABLE "resource_tags" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "tag" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_to" TIMESTAMPTZ(6),

    CONSTRAINT "resource_tags_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "resource_tags_kind" CHECK ("kind" ~ '^[A-Z][A-Z_]{1,49}$' AND "kind" NOT IN ('SECRET', 'SECRET_NAME', 'TAG'))
);

CREATE UNIQUE INDEX "resource_tags_current" ON "resource_tags" ("kind", "resource" COLLATE "C", "tag") WHERE "valid_to" IS NULL;
CREATE INDEX "resource_tags_by_tag" ON "resource_tags" ("tag" COLLATE "C", "kind", "resource" COLLATE "C") WHERE "valid_to" IS NULL;

-- Plain values, which are not sealed.
CREATE TABLE "environment_variables" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(6) NOT NULL,
    "updated_by" UUID,

    CONSTRAINT "environment_variables_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "environment_variables_name_key" ON "environment_variables" ("name");

-- The versions of secrets whose values were handed out for tasks of workflows. The values are hidden in results and reads of these workflows. The
-- columns with ids of the workflow engine hold ids that a caller sent. The primary key therefore contains the workflow id, so that a row of another
-- caller cannot prevent a row of this task.
CREATE TABLE "handed_out_versions" (
    "task_id" TEXT NOT NULL,
    "workflow_id" TEXT NOT NULL,
    "secret_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "handed_out_versions_pkey" PRIMARY KEY ("task_id", "workflow_id", "secret_id", "version")
);

CREATE INDEX "handed_out_versions_workflow_id_idx" ON "handed_out_versions" ("workflow_id");
CREATE INDEX "handed_out_versions_at_idx" ON "handed_out_versions" ("at");

-- Results of tasks that only an UPDATE_SECRET task reads, sealed until that task takes the value (docs/crypto-format.md).
-- "id" is the SHA-256 of the next five columns. The sealed value is bound to the id.
CREATE TABLE "captured_values" (
    "id" TEXT NOT NULL,
    "workflow_id" TEXT NOT NULL,
    "task_id" TEXT NOT NULL,
    "task_reference" TEXT NOT NULL,
    "pointer" TEXT NOT NULL,
    "secret_name" TEXT NOT NULL,
    "ciphertext" BYTEA NOT NULL,
    "wrapped_key" BYTEA NOT NULL,
    "key_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "captured_values_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "captured_values_at_idx" ON "captured_values" ("at");
CREATE INDEX "captured_values_key_id_idx" ON "captured_values" ("key_id");

-- GraphQL documents that clients name by the hash of the text.
CREATE TABLE "operations" (
    "hash" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "names" TEXT[],
    "registered_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "operations_pkey" PRIMARY KEY ("hash")
);

-- ---------------------------------------------------------------------------------------------------------------------------------------------------
-- The audit log: docs/audit-format.md
-- ---------------------------------------------------------------------------------------------------------------------------------------------------

-- One chain of events for each process. "changes" has the type JSON, not JSONB, because the hash covers the text exactly as it was written.
-- The ids of events contain their time, so the primary key also finds an event by its id. All indexes ascend: events arrive in the order of time, and
-- an index that grows only at its end is cheap to write.
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
    "facts" TEXT,

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("at", "id"),
    CONSTRAINT "audit_events_outcome" CHECK ("outcome" IN ('DONE', 'REFUSED', 'FAILED')),
    CONSTRAINT "audit_events_hash" CHECK (length("hash") = 32 AND "seq" > 0)
) PARTITION BY RANGE ("at");

CREATE INDEX "audit_events_actor_id_at_id_idx" ON "audit_events" ("actor_id", "at", "id");
CREATE INDEX "audit_events_subject_name_at_id_idx" ON "audit_events" ("subject_name", "at", "id");
CREATE INDEX "audit_events_action_at_id_idx" ON "audit_events" ("action", "at", "id");
CREATE INDEX "audit_events_stream_seq_idx" ON "audit_events" ("stream", "seq");
-- A checkpoint seals the newest event of each stream, and the events that wrote or destroyed a secret value.
CREATE INDEX "audit_events_of_values" ON "audit_events" ("stream", "seq") WHERE "value_hash" IS NOT NULL;
-- "facts" lists the changes of rows that decide about access and values (docs/adr/0025). Few events have facts.
CREATE INDEX "audit_events_facts" ON "audit_events" ("stream", "seq") WHERE "facts" IS NOT NULL;

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

CREATE TABLE "audit_checkpoints" (
    "number" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "audit_key_id" UUID NOT NULL,
    "body" JSON NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "audit_checkpoints_pkey" PRIMARY KEY ("number")
);

CREATE INDEX "audit_checkpoints_facts" ON "audit_checkpoints" ("number") WHERE ("body" -> 'facts') IS NOT NULL;

-- The unique index allows one audit key. If several gateways make the first audit key at once, one of them succeeds.
CREATE TABLE "audit_keys" (
    "id" UUID NOT NULL,
    "ciphertext" BYTEA NOT NULL,
    "wrapped_key" BYTEA NOT NULL,
    "key_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "audit_keys_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "audit_keys_one" ON "audit_keys" ((1));

-- The sinks that receive audit events outside of the database. Only the holder of the lease sends events to a sink: docs/audit-sinks.md
CREATE TABLE "audit_sinks" (
    "name" TEXT NOT NULL,
    "holder" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "audit_sinks_pkey" PRIMARY KEY ("name")
);

-- A sink has all events of a stream up to number "seq".
CREATE TABLE "audit_sink_positions" (
    "sink" TEXT NOT NULL,
    "stream" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "sent_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "audit_sink_positions_pkey" PRIMARY KEY ("sink", "stream")
);

-- Nothing in the audit log is changed or removed. A month is retired as a whole, by detaching its partition. An audit key may be wrapped again, so only
-- its removal is refused.
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

-- Makes the partition for a month, given by its first day, unless the partition exists. The partition is made as a separate table and then attached,
-- which blocks no reader and no writer. If two sessions make the same partition, the second session waits for the first and then does nothing.
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

-- The partitions of this month and the next two. The gateway makes later partitions before they are needed.
SELECT "make_audit_partition"((date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i))::date) FROM generate_series(0, 2) i;
