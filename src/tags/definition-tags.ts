import type { Authorizer } from '../access/authorizer.ts';
import { mayManageMetadata } from '../access/policy.ts';
import { lockTags } from '../access/resource-tag-store.ts';
import type { DefinitionKind, TagOwner } from '../access/tag-owner.ts';
import type { EventSubject } from '../audit/audit-event.ts';
import { Forbidden } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import { label } from '../primitives/input.ts';

/** @throws Forbidden */
export function requireMayTag({ entitlements }: Authorizer): void {
  if (!mayManageMetadata(entitlements)) throw new Forbidden('Tagging definitions needs ADMIN or METADATA_MANAGER.');
}

/** Names a definition for the audit log. @throws BadInput naming `field` */
export function definitionSubject(kind: DefinitionKind, name: string, field = 'name'): EventSubject {
  return { kind: 'RESOURCE', id: kind, name: label(name, field) };
}

/**
 * Definitions of workflows or tasks, by name. They are the workflow engine's: whether there is one is not known here, everyone sees their
 * tags, and nothing hangs on those.
 */
export function definitionTags(
  kind: DefinitionKind,
  { authorizer, clock }: { authorizer: Authorizer; clock: Clock },
): TagOwner {
  return {
    eventSubjectOf: (resource) => definitionSubject(kind, resource),
    async requireSeen(resource) {
      definitionSubject(kind, resource);
    },
    async lock(tx, resource) {
      requireMayTag(authorizer);
      await lockTags(tx, kind, [resource], clock.now());
      return definitionSubject(kind, resource);
    },
  };
}
