// The types of audit events: who did what to which object, and with which outcome.
import type { AuditAction, AuditOutcome } from '../generated/vocabulary.ts';
import type { GlobalIdText, Uuid } from '../primitives/ids.ts';

export type EventSubjectKind =
  | 'SECRET'
  | 'USER'
  | 'GROUP'
  | 'APPLICATION'
  | 'TAG'
  | 'PERMISSION'
  | 'ACCESS_KEY'
  | 'SIGNING_KEY'
  | 'KEYRING'
  | 'OPERATION'
  | 'ROLE'
  /** A resource of a workflow engine. `EventSubject.id` contains the type of the resource. */
  | 'RESOURCE'
  | 'ANONYMOUS'
  /** A person or a process on the gateway's machine. */
  | 'OPERATOR';

/** A principal or an object in an audit event, with the name that it had when the event was written. */
export interface EventSubject {
  kind: EventSubjectKind;
  /**
   * A global id, or a plain string for a kind of object that has no global ids. Empty if the subject has no id, or if the gateway did not find the
   * subject.
   */
  id: GlobalIdText;
  name: string;
}

/** The principal or operator that acts. */
export type EventActor = EventSubject;

/** The `valueHash` of an event that destroyed every value of a secret. */
export const NO_VALUE = '';

/** An audit event, before the audit log adds actor, outcome and time. */
export interface NewEvent {
  /**
   * The event's id. The caller sets the id only if rows store the id and the event is not the last event of its transaction. The id contains the
   * event's time.
   */
  id?: Uuid | undefined;
  action: AuditAction;
  subject: EventSubject | null;
  /** The version whose value was written, revealed or used. */
  version?: number | null;
  /** The changes, as JSON, without secret values. */
  changes?: Record<string, unknown> | null;
  /** SHA-256 of the sealed value that was written, in hex; `NO_VALUE` if every value of the secret was destroyed. */
  valueHash?: string;
}

/** The additional fields of the event of a refused or failed attempt. */
export type Attempt = Pick<NewEvent, 'action' | 'subject' | 'version'>;

export interface AuditEvent extends NewEvent {
  id: Uuid;
  at: Date;
  outcome: AuditOutcome;
  actor: EventActor;
  requestId: string;
  address: string | null;
  version: number | null;
  changes: Record<string, unknown> | null;
}
