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
  /** A resource of a workflow engine. `EventSubject.id` starts with the type of the resource. */
  | 'RESOURCE'
  | 'ANONYMOUS'
  /** A person or a process on the gateway's machine. */
  | 'OPERATOR';

/** A principal or an object in an audit event, with the name that it had when the event was written. */
export interface EventSubject {
  kind: EventSubjectKind;
  /**
   * The global id of the subject. A plain string identifies a subject of a kind without global ids. The string is empty if the subject has no id, or
   * if the gateway did not find the subject.
   */
  id: GlobalIdText;
  name: string;
}

/** The principal or operator that performs the recorded action. */
export type EventActor = EventSubject;

/** The `valueHash` of an event that destroyed every value of a secret. */
export const NO_VALUE = '';

/** An audit event that does not contain its actor, outcome and time. The audit log adds these fields. */
export interface NewEvent {
  /**
   * The event's id. The id contains the event's time. The caller sets the id only if database rows store the id, and if `eventOf` does not return the
   * id.
   */
  id?: Uuid | undefined;
  action: AuditAction;
  subject: EventSubject | null;
  /** The number of the secret version whose value was written, revealed or used. */
  version?: number | null;
  /** The changes that the event records, in JSON. The JSON contains no secret values. */
  changes?: Record<string, unknown> | null;
  /** The SHA-256 hash of the sealed value that was written, in hexadecimal. The hash is `NO_VALUE` if every value of the secret was destroyed. */
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
