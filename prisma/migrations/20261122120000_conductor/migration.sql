-- What Conductor clients know besides secrets: more targets of grants, roles by name, tags on other resources, plain variables.

-- CreateTable
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

-- CreateTable
CREATE TABLE "custom_role_assignments" (
    "id" UUID NOT NULL,
    "subject_kind" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "role_id" UUID NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_to" TIMESTAMPTZ(6),

    CONSTRAINT "custom_role_assignments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "resource_tags" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "tag" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_to" TIMESTAMPTZ(6),

    CONSTRAINT "resource_tags_pkey" PRIMARY KEY ("id")
);

-- CreateTable
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

-- CreateIndex
CREATE UNIQUE INDEX "environment_variables_name_key" ON "environment_variables"("name");

-- AddForeignKey
ALTER TABLE "custom_role_assignments" ADD CONSTRAINT "custom_role_assignments_role_id_fkey" FOREIGN KEY ("role_id") REFERENCES "role_definitions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AlterTable
ALTER TABLE "groups" ADD COLUMN "default_access" JSONB;

-- What follows is written by hand.

-- What is there already was last changed when it was made, as far as is known.
ALTER TABLE "applications" ADD COLUMN "updated_at" TIMESTAMPTZ(6), ADD COLUMN "updated_by" UUID;
UPDATE "applications" SET "updated_at" = "created_at", "updated_by" = "created_by";
ALTER TABLE "applications" ALTER COLUMN "updated_at" SET NOT NULL;

CREATE UNIQUE INDEX "role_definitions_name_live" ON "role_definitions" ("name") WHERE "deleted_at" IS NULL;
CREATE UNIQUE INDEX "custom_role_assignments_current" ON "custom_role_assignments" ("subject_id", "role_id") WHERE "valid_to" IS NULL;
CREATE INDEX "custom_role_assignments_by_role" ON "custom_role_assignments" ("role_id") WHERE "valid_to" IS NULL;
CREATE UNIQUE INDEX "resource_tags_current" ON "resource_tags" ("kind", "resource" COLLATE "C", "tag") WHERE "valid_to" IS NULL;
CREATE INDEX "resource_tags_by_tag" ON "resource_tags" ("tag" COLLATE "C", "kind", "resource" COLLATE "C") WHERE "valid_to" IS NULL;

-- Grants to roles and on other resources are kept for workflow engines. None of them ever counts for a secret: a role is never granted
-- anything on a tag or a secret, and what decides about secrets asks for grants on tags and secrets only.
ALTER TABLE "permissions" DROP CONSTRAINT "permissions_subject_kind";
ALTER TABLE "permissions" DROP CONSTRAINT "permissions_target_kind";
ALTER TABLE "permissions" ADD CONSTRAINT "permissions_subject_kind" CHECK ("subject_kind" IN ('USER', 'GROUP', 'APPLICATION', 'ROLE'));
ALTER TABLE "permissions" ADD CONSTRAINT "permissions_target_kind" CHECK ("target_kind" ~ '^[A-Z][A-Z_]{1,49}$' AND "target_kind" <> 'SECRET_NAME');
ALTER TABLE "permissions" ADD CONSTRAINT "permissions_of_roles" CHECK ("subject_kind" <> 'ROLE' OR "target_kind" NOT IN ('TAG', 'SECRET'));
ALTER TABLE "resource_tags" ADD CONSTRAINT "resource_tags_kind" CHECK ("kind" ~ '^[A-Z][A-Z_]{1,49}$' AND "kind" NOT IN ('SECRET', 'SECRET_NAME', 'TAG'));
ALTER TABLE "custom_role_assignments" ADD CONSTRAINT "custom_role_assignments_subject_kind" CHECK ("subject_kind" IN ('USER', 'GROUP', 'APPLICATION'));

-- The roles that are always there, with what Orkes Conductor's documentation prints of their permissions.
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
    ('00000000-0000-7000-8000-000000000012', 'PROMPT_MANAGER', ARRAY['PROMPT_MANAGEMENT']::TEXT[], true, '2026-11-22T00:00:00Z');
