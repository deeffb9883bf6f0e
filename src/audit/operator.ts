import { newId } from '../primitives/ids.ts';
import type { Party } from './audit-event.ts';
import { type AuditLogNeeds, auditLogFor } from './audit-log.ts';

/** The person who starts the gateway and runs its commands. */
export const OPERATOR: Party = { kind: 'OPERATOR', id: '', name: 'operator' };

export function operatorAudit(needs: AuditLogNeeds) {
  return auditLogFor({ party: OPERATOR, requestId: newId(), address: null }, needs);
}
