-- Lists of secrets are walked, and gathered, by what stands in an index: the rows of a million secrets lie all over the disk, those of a page do not.
DROP INDEX "secrets_name_live";
CREATE UNIQUE INDEX "secrets_name_live" ON "secrets" ("name" COLLATE "C") INCLUDE ("id") WHERE "deleted_at" IS NULL;
DROP INDEX "secrets_live";
CREATE UNIQUE INDEX "secrets_live" ON "secrets" ("id") INCLUDE ("name") WHERE "deleted_at" IS NULL;
DROP INDEX "secrets_by_expiry";
CREATE INDEX "secrets_by_expiry" ON "secrets" (COALESCE("expires_at", 'infinity'), "id") INCLUDE ("expires_at") WHERE "deleted_at" IS NULL;
