-- Pages of what carries a tag are read off an index, in the order of names. A secret never changes its name.
-- The indexes are made anew afterwards, rather than kept up with every row that is written.
ALTER TABLE "secret_tags" ADD COLUMN "name" TEXT;
DROP INDEX "secret_tags_current", "secret_tags_by_tag", "secret_tags_ever_of_secret", "secret_tags_ever_by_tag", "secret_tags_began", "secret_tags_ended";
UPDATE "secret_tags" t SET "name" = s."name" FROM "secrets" s WHERE s."id" = t."secret_id";
ALTER TABLE "secret_tags" ALTER COLUMN "name" SET NOT NULL;
CREATE UNIQUE INDEX "secret_tags_current" ON "secret_tags" ("secret_id", "tag") WHERE "valid_to" IS NULL;
CREATE INDEX "secret_tags_by_tag" ON "secret_tags" ("tag" COLLATE "C", "secret_id") WHERE "valid_to" IS NULL;
CREATE INDEX "secret_tags_by_name" ON "secret_tags" ("tag" COLLATE "C", "name" COLLATE "C", "secret_id") WHERE "valid_to" IS NULL;
CREATE INDEX "secret_tags_ever_of_secret" ON "secret_tags"("secret_id", "tag");
CREATE INDEX "secret_tags_ever_by_tag" ON "secret_tags" ("tag" COLLATE "C", "secret_id", "valid_from", "valid_to");
CREATE INDEX "secret_tags_began" ON "secret_tags" ("tag" COLLATE "C", "valid_from");
CREATE INDEX "secret_tags_ended" ON "secret_tags" ("tag" COLLATE "C", "valid_to") WHERE "valid_to" IS NOT NULL;
