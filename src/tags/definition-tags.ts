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
  if (!mayManageMetadata(entitlements))
    throw new Forbidden('Changing tags of workflow definitions and task definitions needs ADMIN or METADATA_MANAGER.');
}

/** Returns the subject of audit events about a workflow definition or task definition. @throws BadInput that names `field` */
export function definitionSubject(kind: DefinitionKind, name: string, field = 'name'): EventSubject {
  return { kind: 'RESOURCE', id: kind, name: label(name, field) };
}

/**
 * The rules for the tags of workflow definitions or task definitions. Each of these definitions is identified by its name. The workflow engine stores
 * the definitions, so the gateway does not check that a definition exists. Every caller sees the tags of workflow definitions and task definitions.
 * These tags do not affect access decisions of the gateway.
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
