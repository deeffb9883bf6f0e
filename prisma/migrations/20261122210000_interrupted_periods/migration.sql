-- Periods from before they were kept have no interruptions: a user that was inactive for a while, or a secret that was deleted and restored, was
-- taken to have been there all the time; and one that was deactivated again while it was inactive, until then. The audit log tells more. Periods
-- that were kept since hold no interruption, and stay.
DO $$
DECLARE
    log TEXT;
BEGIN
    CREATE TEMP TABLE "turns" ("object_id" UUID, "at" TIMESTAMPTZ(6), "event_id" UUID, "on" BOOLEAN) ON COMMIT DROP;
    -- What was recorded before the log was chained is in the one or in the other, as far as it has come.
    FOREACH log IN ARRAY ARRAY['audit_events', 'audit_events_before'] LOOP
        CONTINUE WHEN to_regclass(log) IS NULL;
        EXECUTE format(
            $sql$INSERT INTO "turns"
                SELECT substr(e."subject_id", 5)::uuid, e."at", e."id", CASE e."action"
                    WHEN 'SECRET_DELETE' THEN false WHEN 'SECRET_RESTORE' THEN true ELSE COALESCE(e."changes" ->> 'active', 'true') = 'true' END
                FROM %I e
                WHERE e."outcome" = 'DONE' AND e."subject_id" ~ '^(usr|sec)_[0-9a-f]{32}$' AND (
                    e."action" IN ('SECRET_DELETE', 'SECRET_RESTORE')
                    OR (e."action" = 'USER_UPDATE' AND (
                        e."changes" ->> 'active' IN ('true', 'false')
                        OR (e."changes" ->> 'by' = 'command' AND jsonb_exists((e."changes" -> 'fields')::jsonb, 'active')))))$sql$,
            log);
    END LOOP;

    CREATE TEMP TABLE "interruptions" ON COMMIT DROP AS
        SELECT p."id", p."object_kind", p."object_id", p."valid_to", g."off", g."back",
            lead(g."off", 1, p."valid_to") OVER (PARTITION BY p."id" ORDER BY g."off") AS "until"
        FROM "periods" p JOIN (
            SELECT t."object_id", t."on", t."at" AS "off", lead(t."at") OVER (PARTITION BY t."object_id" ORDER BY t."at", t."event_id") AS "back"
            FROM (SELECT *, lag("on", 1, true) OVER (PARTITION BY "object_id" ORDER BY "at", "event_id") AS "was" FROM "turns") t
            WHERE t."on" <> t."was"
        ) g ON g."object_id" = p."object_id" AND NOT g."on" AND g."off" > p."valid_from"
            AND (g."back" < COALESCE(p."valid_to", 'infinity') OR (g."back" IS NULL AND g."off" < p."valid_to"));
    UPDATE "periods" p SET "valid_to" = (SELECT min(i."off") FROM "interruptions" i WHERE i."id" = p."id")
        WHERE p."id" IN (SELECT i."id" FROM "interruptions" i);
    INSERT INTO "periods" ("id", "object_kind", "object_id", "valid_from", "valid_to")
        SELECT gen_random_uuid(), i."object_kind", i."object_id", i."back", i."until" FROM "interruptions" i WHERE i."back" IS NOT NULL;
    DROP TABLE "turns", "interruptions";
END
$$;
