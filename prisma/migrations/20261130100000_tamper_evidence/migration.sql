-- What lets a change by hand be refused or found: docs/adr/0025.

-- A signing key counts only with a MAC under a key of the keyring, which no migration can compute. Keys from before are revoked: the first start
-- makes a new one, and everybody signs in again.
ALTER TABLE "signing_keys" ADD COLUMN "mac" BYTEA;
UPDATE "signing_keys" SET "retired_at" = COALESCE("retired_at", now()), "revoked_at" = COALESCE("revoked_at", now());
UPDATE "access_epoch" SET "epoch" = "epoch" + 1;

-- What an event changed in the rows that decide about access and values. Null for an event that changed none.
ALTER TABLE "audit_events" ADD COLUMN "facts" TEXT;
CREATE INDEX "audit_events_facts" ON "audit_events" ("stream", "seq") WHERE "facts" IS NOT NULL;
CREATE INDEX "audit_checkpoints_facts" ON "audit_checkpoints" ("number") WHERE ("body" -> 'facts') IS NOT NULL;

-- Versions whose data key is not bound to the name of its secret. `npm run keys -- rewrap` binds them.
CREATE INDEX "secret_versions_unbound" ON "secret_versions" ("key_id", "secret_id", "number") WHERE substring("wrapped_key" FOR 1) = '\x01';
