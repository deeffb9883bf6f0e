-- Who can do what to which secret, now and at a moment of the past: what was, and the indexes by which both are asked.

-- CreateTable
CREATE TABLE "periods" (
    "id" UUID NOT NULL,
    "object_kind" TEXT NOT NULL,
    "object_id" UUID NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_to" TIMESTAMPTZ(6),

    CONSTRAINT "periods_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "periods_object_id_valid_from_idx" ON "periods"("object_id", "valid_from");

-- CreateIndex
CREATE INDEX "group_members_ever_of_member" ON "group_members"("member_id", "group_id");

-- CreateIndex
CREATE INDEX "group_members_ever_of_group" ON "group_members"("group_id", "member_id");

-- CreateIndex
CREATE INDEX "role_assignments_ever_of_subject" ON "role_assignments"("subject_id", "role");

-- CreateIndex
CREATE INDEX "role_assignments_ever_by_role" ON "role_assignments"("role", "subject_id");

-- CreateIndex
CREATE INDEX "secret_tags_ever_of_secret" ON "secret_tags"("secret_id", "tag");

-- CreateIndex
CREATE INDEX "permissions_ever_of_subject" ON "permissions"("subject_id", "target_kind", "target");

-- CreateIndex
CREATE INDEX "permissions_ever_by_target" ON "permissions"("target_kind", "target", "subject_id");

-- What follows is written by hand.

ALTER TABLE "periods" ADD CONSTRAINT "periods_object_kind" CHECK ("object_kind" IN ('USER', 'APPLICATION', 'SECRET'));
CREATE UNIQUE INDEX "periods_current" ON "periods" ("object_id") WHERE "valid_to" IS NULL;

-- What there is already, as far as is known. When a user was deactivated stands in the audit log alone; one that it says nothing of never was active.
INSERT INTO "periods" ("id", "object_kind", "object_id", "valid_from", "valid_to")
    SELECT gen_random_uuid(), 'USER', u."id", u."created_at", CASE
        WHEN u."deleted_at" IS NOT NULL THEN u."deleted_at"
        WHEN NOT u."active" THEN COALESCE((
            SELECT max(e."at") FROM "audit_events" e
            WHERE e."subject_kind" = 'USER' AND e."subject_id" = 'usr_' || replace(u."id"::text, '-', '')
                AND e."action" = 'USER_UPDATE' AND e."outcome" = 'DONE' AND e."changes" ->> 'active' = 'false'
        ), u."created_at") END
    FROM "users" u
    UNION ALL SELECT gen_random_uuid(), 'APPLICATION', a."id", a."created_at", a."deleted_at" FROM "applications" a
    UNION ALL SELECT gen_random_uuid(), 'SECRET', s."id", s."created_at", s."deleted_at" FROM "secrets" s;

-- In the order of the pages: principals of one secret, secrets of one principal.
CREATE INDEX "group_members_by_member" ON "group_members" ("group_id", "member_id") WHERE "valid_to" IS NULL;
CREATE INDEX "permissions_to_groups" ON "permissions" ("target_kind", "target", "subject_id") WHERE "valid_to" IS NULL AND "subject_kind" = 'GROUP';
CREATE INDEX "permissions_on_names" ON "permissions" ("subject_id", "target")
    WHERE "valid_to" IS NULL AND "target_kind" = 'SECRET' AND "secret_id" IS NULL;
CREATE INDEX "permissions_bound" ON "permissions" ("subject_id", "secret_id") WHERE "valid_to" IS NULL AND "secret_id" IS NOT NULL;
CREATE INDEX "permissions_ever_bound" ON "permissions" ("subject_id", "secret_id") WHERE "secret_id" IS NOT NULL;
CREATE INDEX "secrets_live" ON "secrets" ("id") WHERE "deleted_at" IS NULL;
CREATE INDEX "secrets_ever_named" ON "secrets" ("name" COLLATE "C", "id");
-- With its period, so that of a tag that very many carry a page is read from the index, in its order.
CREATE INDEX "secret_tags_ever_by_tag" ON "secret_tags" ("tag" COLLATE "C", "secret_id", "valid_from", "valid_to");
