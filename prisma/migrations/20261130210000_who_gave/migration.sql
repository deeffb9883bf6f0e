-- Who may take something away depends on who gave it: grants of several grantors stay apart, and a tag says who put it on.
-- Tags from before say nobody: the secret's creator takes them off, as a tag that no administrator put on.
ALTER TABLE "secret_tags" ADD COLUMN "tagged_by" UUID, ADD COLUMN "tagged_by_admin" BOOLEAN NOT NULL DEFAULT false;
DROP INDEX "permissions_current";
CREATE UNIQUE INDEX "permissions_current" ON "permissions"
    ("subject_id", "target_kind", "target", COALESCE("secret_id", '00000000-0000-0000-0000-000000000000'), COALESCE("expires_at", 'infinity'),
     COALESCE("granted_by", '00000000-0000-0000-0000-000000000000'))
    WHERE "valid_to" IS NULL;
