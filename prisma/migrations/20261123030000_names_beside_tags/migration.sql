-- Pages of what carries a tag are read off an index, in the order of names. A secret never changes its name.
ALTER TABLE "secret_tags" ADD COLUMN "name" TEXT;
UPDATE "secret_tags" t SET "name" = s."name" FROM "secrets" s WHERE s."id" = t."secret_id";
ALTER TABLE "secret_tags" ALTER COLUMN "name" SET NOT NULL;
CREATE INDEX "secret_tags_by_name" ON "secret_tags" ("tag" COLLATE "C", "name" COLLATE "C", "secret_id") WHERE "valid_to" IS NULL;
