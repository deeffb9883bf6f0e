-- Events come in the order of time, and an index that grows at its end grows cheaply: all of them ascend, and are read backwards. One index has
-- times and ids, as the key; an event's id tells its time, so that it is found by it. What is asked about a secret's name needs no kind before it.
ALTER TABLE "audit_events" DROP CONSTRAINT "audit_events_pkey";
DROP INDEX "audit_events_at_id_idx";
DROP INDEX "audit_events_actor_id_at_id_idx";
DROP INDEX "audit_events_subject_kind_subject_name_at_id_idx";
DROP INDEX "audit_events_action_at_id_idx";

-- AlterTable
ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_pkey" PRIMARY KEY ("at", "id");

-- CreateIndex
CREATE INDEX "audit_events_actor_id_at_id_idx" ON "audit_events"("actor_id", "at", "id");

-- CreateIndex
CREATE INDEX "audit_events_subject_name_at_id_idx" ON "audit_events"("subject_name", "at", "id");

-- CreateIndex
CREATE INDEX "audit_events_action_at_id_idx" ON "audit_events"("action", "at", "id");
