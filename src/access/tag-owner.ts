import type { EventSubject } from '../audit/audit-event.ts';
import type { Transaction } from '../database/client.ts';
import type { ResourceType } from '../generated/vocabulary.ts';
import type { GlobalIdText } from '../primitives/ids.ts';

/** The maximum number of tags of one object, and of tags in one request. */
export const MOST_TAGS = 50;

/**
 * The kinds of objects, other than secrets, that have tags. Among the tags of these objects, only the tags of environment variables affect access,
 * because a grant on such a tag lets a principal read the variable.
 */
export type TaggedKind = Extract<ResourceType, 'APPLICATION' | 'ENV_VARIABLE' | 'TASK_DEF' | 'WORKFLOW_DEF'>;

export type DefinitionKind = Extract<TaggedKind, 'WORKFLOW_DEF' | 'TASK_DEF'>;

/** The rules for the tags of objects of one kind: who sees the tags, and who changes the tags. */
export interface TagOwner {
  /** Returns the object as the subject of an audit event. @throws BadInput or NotFound if no object of this kind can have the name */
  eventSubjectOf(resource: GlobalIdText): EventSubject;
  /** Checks that the caller sees the object. @throws NotFound, BadInput */
  requireSeen(resource: GlobalIdText): Promise<void>;
  /**
   * Locks the tags of one object until the transaction ends, so that only one transaction at a time changes the tags of the object. Checks that the
   * caller may change the tags.
   * @throws NotFound, Forbidden
   */
  lock(tx: Transaction, resource: GlobalIdText): Promise<EventSubject>;
}
