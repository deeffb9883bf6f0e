import { newId } from '../primitives/ids.ts';
import type { EventActor } from './audit-event.ts';
import { type AuditLogDeps, auditLogFor } from './audit-log.ts';

/** The operator: the person who starts the gateway and runs the commands of the gateway. */
export const OPERATOR: EventActor = { kind: 'OPERATOR', id: '', name: 'operator' };

/** The audit log of one command that the operator runs. */
export function operatorAudit(needs: AuditLogDeps) {
  return auditLogFor({ actor: OPERATOR, requestId: newId(), address: null }, needs);
}
