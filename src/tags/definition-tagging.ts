// Stores the tags of workflow definitions and task definitions that clients send through the gateway to a workflow engine.
import type { Authorizer } from '../access/authorizer.ts';
import { changeTags, findTags, lockTags } from '../access/resource-tag-store.ts';
import type { DefinitionKind } from '../access/tag-owner.ts';
import { MOST_TAGS } from '../access/tag-owner.ts';
import type { NewEvent } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Database, Sql } from '../database/client.ts';
import { BadInput } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import type { GlobalIdText } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';
import { definitionSubject, requireMayTag } from './definition-tags.ts';
import { requireVisibleTags, type Tagging, tagTexts } from './tag.ts';

/**
 * Stores the tags in workflow definitions and task definitions that the gateway forwards to a workflow engine. The calling code calls `check` before
 * it forwards definitions to the workflow engine, and calls `keep` after the workflow engine has accepted the definitions. `check` and `keep` apply
 * the same rules.
 */
export interface DefinitionTagging {
  /** Checks the tags. If the check fails, the audit log records the refusal. @throws Forbidden, BadInput */
  check(kind: DefinitionKind, taggings: readonly Tagging[]): Promise<void>;
  /** Stores the tags of all definitions, or no tags. Records an audit event for each definition. @throws Forbidden, BadInput, Unavailable */
  keep(kind: DefinitionKind, taggings: readonly Tagging[]): Promise<void>;
}

/** Maximum number of workflow or task definitions in a call. */
const MOST_DEFINITIONS = 1_000;

interface Change {
  resource: GlobalIdText;
  added: TagText[];
  removed: TagText[];
}

export function definitionTagging({
  database,
  authorizer,
  audit,
  clock,
}: {
  database: Database;
  authorizer: Authorizer;
  audit: AuditLog;
  clock: Clock;
}): DefinitionTagging {
  const requireValid = async (kind: DefinitionKind, taggings: readonly Tagging[]): Promise<void> => {
    if (taggings.length > MOST_DEFINITIONS)
      throw new BadInput('body', `at most ${MOST_DEFINITIONS} tagged definitions`);
    const [subject] = taggings.map(({ name, at }) => definitionSubject(kind, name, `${at}name`));
    if (subject !== undefined)
      await audit.recordIfThrown({ action: 'RESOURCE_TAG', subject }, () => requireMayTag(authorizer));
  };

  /** Returns for each workflow or task definition which tags must be added and removed, so that the stored tags become the requested tags. */
  const changesIn = async (sql: Sql, kind: DefinitionKind, taggings: readonly Tagging[]): Promise<Change[]> => {
    const names = [...new Set(taggings.map(({ name }) => name))];
    const stored = Map.groupBy(await findTags(sql, kind, names), ({ resource }) => resource);
    const current = new Map(names.map((name) => [name, (stored.get(name) ?? []).map(({ tag }) => tag)]));
    const wanted = new Map(current);
    for (const { name, tags, overwrite, at } of taggings) {
      const given = tagTexts(tags, `${at}tags`);
      requireVisibleTags(tags, current.get(name) ?? [], `${at}tags`);
      const after = [...new Set([...(overwrite ? [] : (wanted.get(name) ?? [])), ...given])];
      if (after.length > MOST_TAGS) throw new BadInput(`${at}tags`, `at most ${MOST_TAGS} tags on one definition`);
      wanted.set(name, after);
    }
    const changes = names.map((resource) => {
      const [before = [], after = []] = [current.get(resource), wanted.get(resource)];
      return {
        resource,
        added: after.filter((tag) => !before.includes(tag)),
        removed: before.filter((tag) => !after.includes(tag)),
      };
    });
    return changes.filter(({ added, removed }) => added.length + removed.length > 0);
  };

  return {
    async check(kind, taggings) {
      await requireValid(kind, taggings);
      await changesIn(database, kind, taggings);
    },

    async keep(kind, taggings) {
      await requireValid(kind, taggings);
      const expected = await changesIn(database, kind, taggings);
      const [first] = expected;
      if (first === undefined) return;
      const attempt = { action: 'RESOURCE_TAG', subject: definitionSubject(kind, first.resource) } as const;
      await audit.change(attempt, async (tx) => {
        const names = [...new Set(taggings.map(({ name }) => name))];
        const now = clock.now();
        await lockTags(tx, kind, names, now);
        const changes = await changesIn(tx, kind, taggings);
        const rows = (of: 'added' | 'removed') =>
          changes.flatMap((change) => change[of].map((tag) => ({ resource: change.resource, tag })));
        await changeTags(tx, kind, { added: rows('added'), removed: rows('removed') }, now);
        const eventsOf = ({ resource, added, removed }: Change): NewEvent[] => {
          const subject = definitionSubject(kind, resource);
          const isFirst = resource === first.resource;
          return [
            ...(added.length > 0 && !isFirst
              ? [{ action: 'RESOURCE_TAG', subject, changes: { tags: added } } as const]
              : []),
            ...(removed.length > 0 ? [{ action: 'RESOURCE_UNTAG', subject, changes: { tags: removed } } as const] : []),
          ];
        };
        const tags = changes.find(({ resource }) => resource === first.resource)?.added ?? [];
        return { result: undefined, events: [...changes.flatMap(eventsOf), { ...attempt, changes: { tags } }] };
      });
    },
  };
}
