import type { EventSubject } from '../audit/audit-event.ts';
import type { Transaction } from '../database/client.ts';
import type { ResourceType } from '../generated/vocabulary.ts';

/** The kinds of objects besides secrets that have tags. Only the tags of environment variables affect access: they decide who reads the variable. */
export type TaggedKind = Extract<ResourceType, 'APPLICATION' | 'ENV_VARIABLE' | 'TASK_DEF' | 'WORKFLOW_DEF'>;

export type DefinitionKind = Extract<TaggedKind, 'WORKFLOW_DEF' | 'TASK_DEF'>;

/** Things of one kind, as far as their tags are concerned: who sees them, and who changes them. */
export interface TagOwner {
  /** As the audit log names it. @throws BadInput, NotFound for what can be no name of such a thing */
  eventSubjectOf(resource: string): EventSubject;
  /** @throws NotFound if there is none, or none the caller sees; BadInput */
  requireSeen(resource: string): Promise<void>;
  /**
   * Lets changes to the tags of one thing happen one after the other, until the transaction ends.
   * @returns the subject of events, as found
   * @throws NotFound, Forbidden
   */
  lock(tx: Transaction, resource: string): Promise<EventSubject>;
}
