-- Users and groups are found by the comparison form of their names, which the gateway computes (src/name-key.ts). Rows from before get
-- theirs from it once this is applied (src/database/name-keys.ts), which then validates the constraints.
ALTER TABLE "users" ADD COLUMN "name_key" TEXT, ADD COLUMN "key_clash" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "groups" ADD COLUMN "name_key" TEXT, ADD COLUMN "key_clash" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "users" ADD CONSTRAINT "users_have_keys" CHECK ("name_key" IS NOT NULL) NOT VALID;
ALTER TABLE "groups" ADD CONSTRAINT "groups_have_keys" CHECK ("name_key" IS NOT NULL) NOT VALID;

-- Names that clashed already are numbered from 1 and stay. Whatever is new has 0, so that no two of them have one key.
DROP INDEX "users_username_live", "groups_name_live";
CREATE UNIQUE INDEX "users_key_live" ON "users" ("name_key", "key_clash") WHERE "deleted_at" IS NULL;
CREATE UNIQUE INDEX "groups_key_live" ON "groups" ("name_key", "key_clash") WHERE "deleted_at" IS NULL;

-- A new name has no key of a numbered one either. No numbered row is added later, so that this look at the table misses none.
CREATE FUNCTION "refuse_key_of_numbered_name"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "taken" BOOLEAN;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE name_key = $1 AND key_clash > 0 AND deleted_at IS NULL AND id <> $2)', TG_TABLE_NAME)
    INTO "taken" USING NEW."name_key", NEW."id";
  IF "taken" THEN
    RAISE unique_violation USING CONSTRAINT = TG_TABLE_NAME || '_key_live', MESSAGE = 'the name is taken';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "users_key_numbered" BEFORE INSERT OR UPDATE OF "name_key" ON "users"
  FOR EACH ROW WHEN (NEW."key_clash" = 0) EXECUTE FUNCTION "refuse_key_of_numbered_name"();
CREATE TRIGGER "groups_key_numbered" BEFORE INSERT OR UPDATE OF "name_key" ON "groups"
  FOR EACH ROW WHEN (NEW."key_clash" = 0) EXECUTE FUNCTION "refuse_key_of_numbered_name"();
