-- What changed about somebody or something, in the order of time: who gained and lost what is paged by it.
CREATE INDEX "permissions_began" ON "permissions" ("subject_id", "valid_from") WHERE "target_kind" IN ('TAG', 'SECRET');
CREATE INDEX "permissions_ended" ON "permissions" ("subject_id", "valid_to") WHERE "target_kind" IN ('TAG', 'SECRET') AND "valid_to" IS NOT NULL;
CREATE INDEX "permissions_expired" ON "permissions" ("subject_id", "expires_at") WHERE "target_kind" IN ('TAG', 'SECRET') AND "expires_at" IS NOT NULL;
CREATE INDEX "group_members_began" ON "group_members" ("group_id", "valid_from");
CREATE INDEX "group_members_ended" ON "group_members" ("group_id", "valid_to") WHERE "valid_to" IS NOT NULL;
CREATE INDEX "secret_tags_began" ON "secret_tags" ("tag" COLLATE "C", "valid_from");
CREATE INDEX "secret_tags_ended" ON "secret_tags" ("tag" COLLATE "C", "valid_to") WHERE "valid_to" IS NOT NULL;
CREATE INDEX "periods_began" ON "periods" ("object_kind", "valid_from");
CREATE INDEX "periods_ended" ON "periods" ("object_kind", "valid_to") WHERE "valid_to" IS NOT NULL;
