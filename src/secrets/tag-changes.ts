// Decides which tags a request adds to a secret and removes from the secret, and whether the caller may change these tags.
import type { Authorizer } from '../access/authorizer.ts';
import { accessGainedByTags, readReachablePrincipals } from '../access/reachable-principals.ts';
import { requireMayRemoveTags } from '../access/revocation.ts';
import { MOST_TAGS } from '../access/tag-owner.ts';
import type { NewEvent } from '../audit/audit-event.ts';
import type { Decided } from '../audit/change-attempts.ts';
import { eventId } from '../audit/event-id.ts';
import type { Sql } from '../database/client.ts';
import { BadInput, Escalation } from '../errors.ts';
import { inByteOrder, splitTag, type TagText } from '../primitives/tag-text.ts';
import { requireVisibleTags, tagTexts } from '../tags/tag.ts';
import { retagging } from './change-kinds.ts';
import { eventSubjectOf, type SecretView } from './secret.ts';

type Tags = readonly { key: string; value: string }[];

/** A checked request to change the tags of a secret. */
export interface TagRequest {
  /** With `merge`, each added tag replaces the existing tags with the same tag key. */
  kind: 'add' | 'merge' | 'remove';
  given: Tags;
  tags: readonly TagText[];
}

/** @throws BadInput that names `tags` or the invalid tag */
export function tagRequest(kind: TagRequest['kind'], given: Tags): TagRequest {
  return { kind, given, tags: tagTexts(given, 'tags', kind === 'merge' ? 0 : 1) };
}

/**
 * Decides about a change of the tags of a secret that the caller may update.
 * @throws BadInput; Escalation if the added tags give the caller access; Forbidden if the caller may not remove one of the tags
 */
export async function decideTags(
  sql: Sql,
  authorizer: Authorizer,
  secret: SecretView,
  { kind, given, tags }: TagRequest,
  now: Date,
): Promise<Decided<SecretView>> {
  if (kind !== 'remove') requireVisibleTags(given, secret.tags, 'tags');
  const added = kind === 'remove' ? [] : tags.filter((tag) => !secret.tags.includes(tag));
  const removed = removedTags(secret, kind, tags);
  if (secret.tags.length - removed.length + added.length > MOST_TAGS)
    throw new BadInput('tags', `at most ${MOST_TAGS} tags on a secret`);
  const { entitlements, isAdmin } = authorizer;
  const reachable =
    isAdmin || added.length === 0 ? [] : await readReachablePrincipals(sql, entitlements, secret, added);
  if (accessGainedByTags(reachable, secret, added, now).length > 0)
    throw new Escalation('These tags would give you access to the secret that you do not have.', 'tags');
  const ended = await requireMayRemoveTags(sql, authorizer, secret, removed, now, 'tags');

  const subject = eventSubjectOf(secret, secret.name);
  const [untagging, event] = [eventId(now), eventId(now)];
  const untagged: NewEvent = { id: untagging, action: 'SECRET_UNTAG', subject, changes: { tags: removed } };
  const tagged: NewEvent = { id: event, action: 'SECRET_TAG', subject, changes: { tags: added } };
  const events = [
    ...(kind === 'remove' || removed.length > 0 ? [untagged] : []),
    ...(kind === 'remove' ? [] : [tagged]),
  ];
  if (added.length + removed.length === 0) return { result: { ...secret, sealed: null }, events };
  const by = entitlements.id;
  return {
    result: {
      ...secret,
      tags: inByteOrder([...secret.tags.filter((tag) => !removed.includes(tag)), ...added]),
      ...{ updatedAt: now, updatedBy: by, sealed: null },
    },
    events,
    change: retagging({ secret, added, removed: ended, stamp: { by, byAdmin: isAdmin, now }, event, untagging }),
  };
}

function removedTags(secret: SecretView, kind: TagRequest['kind'], tags: readonly TagText[]): TagText[] {
  if (kind === 'add') return [];
  if (kind === 'remove') return tags.filter((tag) => secret.tags.includes(tag));
  const keys = new Set(tags.map((tag) => splitTag(tag).key));
  return secret.tags.filter((tag) => keys.has(splitTag(tag).key) && !tags.includes(tag));
}
