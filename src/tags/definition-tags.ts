import type { Access } from '../access/access.ts';
import { mayManageMetadata } from '../access/policy.ts';
import { lockTags } from '../access/resource-tag-store.ts';
import type { TagOwner } from '../access/tag-owner.ts';
import type { Clock } from '../clock.ts';
import { Forbidden } from '../errors.ts';
import { label } from '../input.ts';

/**
 * Definitions of workflows or tasks, by name. They are the workflow engine's: whether there is one is not known here, everyone sees their
 * tags, and nothing hangs on those.
 */
export function definitionTags(
  kind: 'WORKFLOW_DEF' | 'TASK_DEF',
  { access, clock }: { access: Access; clock: Clock },
): TagOwner {
  const nameOf = (resource: string) => label(resource, 'name');
  return {
    partyOf: (resource) => ({ kind: 'RESOURCE', id: kind, name: nameOf(resource) }),
    async requireSeen(resource) {
      nameOf(resource);
    },
    async lock(tx, resource) {
      if (!mayManageMetadata(access.standing)) {
        throw new Forbidden('Tagging definitions needs ADMIN or METADATA_MANAGER.');
      }
      await lockTags(tx, kind, resource, clock.now());
    },
  };
}
