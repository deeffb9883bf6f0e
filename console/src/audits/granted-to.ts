import type { LogRowFragment } from '../generated/operations.ts';

/** The subject of a grant or a revocation, as recorded in its event: `to ops`. Undefined for other events. */
export function grantedTo({ action, changes }: Pick<LogRowFragment, 'action' | 'changes'>): string | undefined {
  const word = action === 'PERMISSION_GRANT' ? 'to' : action === 'PERMISSION_REVOKE' ? 'from' : undefined;
  if (word === undefined || typeof changes !== 'object' || changes === null || !('subject' in changes))
    return undefined;
  const { subject } = changes;
  if (typeof subject !== 'object' || subject === null || !('name' in subject)) return undefined;
  return typeof subject.name === 'string' ? `${word} ${subject.name}` : undefined;
}
