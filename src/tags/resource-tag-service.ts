// Reads and changes tags on resources that are not secrets.
import type DataLoader from 'dataloader';
import type { Authorizer } from '../access/authorizer.ts';
import { ACCESSES_TO_READ_VARIABLE, mayManageMetadata, maySeeEveryApplication } from '../access/policy.ts';
import * as store from '../access/resource-tag-store.ts';
import type { TaggedKind, TagOwner } from '../access/tag-owner.ts';
import { MOST_TAGS } from '../access/tag-owner.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { byOwner } from '../concurrency/loaders.ts';
import type { Database } from '../database/client.ts';
import { BadInput } from '../errors.ts';
import type { AuditAction } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import { type GlobalIdText, ZERO_UUID } from '../primitives/ids.ts';
import { type Page, type PageRequest, pageBounds, toPage } from '../primitives/pages.ts';
import { splitTag, type TagText } from '../primitives/tag-text.ts';
import * as lists from './resource-tag-lists.ts';
import { requireVisibleTags, tagTexts } from './tag.ts';

type Tags = readonly { key: string; value: string }[];

/**
 * Reads and changes tags of applications, environment variables, workflow definitions and task definitions for one caller. Each change is recorded in
 * its transaction. A change throws NotFound for a resource that the caller does not see, Forbidden for a resource that the caller may not change, and
 * BadInput.
 */
export interface ResourceTagService {
  /** Returns the tags of a resource, in order. @throws NotFound, BadInput */
  list(kind: TaggedKind, resource: GlobalIdText): Promise<TagText[]>;
  /**
   * Returns the tags of a resource, without checking whether the caller sees the resource. One SQL statement reads the tags for all concurrent calls
   * with the same kind.
   */
  of(kind: TaggedKind, resource: GlobalIdText): Promise<TagText[]>;
  add(kind: TaggedKind, resource: GlobalIdText, tags: Tags): Promise<void>;
  /** Adds tags. Each added tag replaces the existing tags with the same tag key. */
  merge(kind: TaggedKind, resource: GlobalIdText, tags: Tags): Promise<void>;
  /** Replaces all tags of the resource. */
  replace(kind: TaggedKind, resource: GlobalIdText, tags: Tags): Promise<void>;
  /** Removes tags. Ignores tags that the resource does not have. */
  remove(kind: TaggedKind, resource: GlobalIdText, tags: Tags): Promise<void>;
  /** For each kind of resource and each tag, counts the resources that have the tag and that the caller sees. */
  counts(page: PageRequest): Promise<Page<lists.TagCount>>;
  /** Lists the names or global ids of the resources that have the tag and that the caller sees. */
  tagged(kind: TaggedKind, tag: TagText, page: PageRequest): Promise<Page<{ resource: GlobalIdText }>>;
}

export interface ResourceTagServiceDeps {
  database: Database;
  authorizer: Authorizer;
  audit: AuditLog;
  clock: Clock;
  owners: Readonly<Record<TaggedKind, TagOwner>>;
}

export function resourceTagService({
  database,
  authorizer,
  audit,
  clock,
  owners,
}: ResourceTagServiceDeps): ResourceTagService {
  const { entitlements } = authorizer;
  const loaders = new Map<TaggedKind, DataLoader<GlobalIdText, { resource: GlobalIdText; tag: TagText }[]>>();
  const of = async (kind: TaggedKind, resource: GlobalIdText) => {
    const loader =
      loaders.get(kind) ??
      byOwner(
        (resources) => store.findTags(database, kind, resources),
        (row) => row.resource,
      );
    loaders.set(kind, loader);
    return (await loader.load(resource)).map((row) => row.tag);
  };

  /** Locks a resource and replaces its tags. The function `wanted` receives the current tags and returns the new tags. */
  const change = async (
    action: Extract<AuditAction, 'RESOURCE_TAG' | 'RESOURCE_UNTAG'>,
    kind: TaggedKind,
    resource: GlobalIdText,
    given: readonly { key: string; value: string }[],
    wanted: (current: readonly TagText[]) => readonly TagText[],
  ): Promise<void> => {
    const owner = owners[kind];
    await audit.change({ action, subject: owner.eventSubjectOf(resource) }, async (tx) => {
      const subject = await owner.lock(tx, resource);
      const current = (await store.findTags(tx, kind, [resource])).map((row) => row.tag);
      if (action === 'RESOURCE_TAG') requireVisibleTags(given, current, 'tags');
      const after = [...new Set(wanted(current))];
      if (after.length > MOST_TAGS) throw new BadInput('tags', `at most ${MOST_TAGS} tags on one resource`);
      const added = after.filter((tag) => !current.includes(tag));
      const removed = current.filter((tag) => !after.includes(tag));
      const now = clock.now();
      const on = (tag: TagText) => ({ resource, tag });
      await store.changeTags(tx, kind, { added: added.map(on), removed: removed.map(on) }, now);
      const untagging = { action: 'RESOURCE_UNTAG', subject, changes: { tags: removed } } as const;
      const tagging = { action: 'RESOURCE_TAG', subject, changes: { tags: added } } as const;
      if (action === 'RESOURCE_UNTAG') return { result: undefined, event: untagging };
      return { result: undefined, events: removed.length > 0 ? [untagging, tagging] : [tagging] };
    });
  };

  const viewer = (): lists.TagViewer => ({
    applicationsOf: maySeeEveryApplication(entitlements) ? null : entitlements.id,
    variables: mayManageMetadata(entitlements)
      ? null
      : { subjects: authorizer.subjects, reading: ACCESSES_TO_READ_VARIABLE, now: clock.now() },
  });

  return {
    of,

    async list(kind, resource) {
      await owners[kind].requireSeen(resource);
      return of(kind, resource);
    },

    async add(kind, resource, given) {
      const tags = tagTexts(given, 'tags');
      await change('RESOURCE_TAG', kind, resource, given, (current) => [...current, ...tags]);
    },

    async merge(kind, resource, given) {
      const tags = tagTexts(given, 'tags');
      const keys = new Set(tags.map((tag) => splitTag(tag).key));
      await change('RESOURCE_TAG', kind, resource, given, (current) => [
        ...current.filter((tag) => !keys.has(splitTag(tag).key)),
        ...tags,
      ]);
    },

    async replace(kind, resource, given) {
      const tags = tagTexts(given, 'tags');
      await change('RESOURCE_TAG', kind, resource, given, () => tags);
    },

    async remove(kind, resource, given) {
      const tags = tagTexts(given, 'tags');
      await change('RESOURCE_UNTAG', kind, resource, given, (current) => current.filter((tag) => !tags.includes(tag)));
    },

    async counts(page) {
      const { first, after } = pageBounds(page);
      const from = after && { kind: after.key.slice(0, after.key.indexOf(' ')), tag: afterSpace(after.key) };
      const rows = await lists.countTags(database, viewer(), first + 1, from);
      return toPage(
        rows.map((row) => ({ ...row, key: `${row.kind} ${row.tag}`, id: ZERO_UUID })),
        first,
      );
    },

    async tagged(kind, tag, page) {
      const { first, after } = pageBounds(page);
      const resources = await lists.listTagged(database, viewer(), { kind, tag }, first + 1, after);
      return toPage(
        resources.map((resource) => ({ resource, key: resource, id: ZERO_UUID })),
        first,
      );
    },
  };
}

const afterSpace = (key: string) => key.slice(key.indexOf(' ') + 1);
