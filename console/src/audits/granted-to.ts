import type { LogRowFragment } from '../generated/operations.ts';

/**
 * Describes the principal of a grant or a revocation, from the audit event: `to ops`. Returns undefined if the audit event records another
 * action.
 */
export function grantedTo({ action, changes }: Pick<LogRowFragment, 'action' | 'changes'>): string | undefined {
  const word = action === 'PERMISSION_GRANT' ? 'to' : action === 'PERMISSION_REVOKE' ? 'from' : undefined;
  if (word === undefined || typeof changes !== 'object' || changes === null || !('subject' in changes))
    return undefined;
  const { subject } = changes;
  if (typeof subject !== 'object' || subject === null || !('name' in subject)) return undefined;
  return typeof subject.name === 'string' ? `${word} ${subject.name}` : undefined;
}
