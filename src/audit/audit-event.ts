import type { AuditAction, AuditOutcome } from '../generated/vocabulary.ts';

export type PartyKind =
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
  /** Something of a workflow engine, or kept for one: its id is its type. */
  | 'RESOURCE'
  | 'ANONYMOUS'
  /** Whoever may run commands on the gateway's machine. */
  | 'OPERATOR';

/** Somebody or something, as it was when the event was written. */
export interface Party {
  kind: PartyKind;
  /** Outside id; empty for one that has none. */
  id: string;
  name: string;
}

/** In the place of a value's hash, where every value of a secret was destroyed. */
export const NO_VALUE = '';

/** What is told of an attempt. */
export interface Attempt {
  action: AuditAction;
  subject: Party | null;
  /** The version concerned, for a value that was written, revealed or used. */
  version: number | null;
  /** What changed, as JSON, without values. */
  changes: Record<string, unknown> | null;
  /** SHA-256 of the sealed value that was written, in hex; `NO_VALUE` if every value of the secret was destroyed. */
  valueHash?: string;
}

export interface AuditEvent extends Attempt {
  /** UUID. */
  id: string;
  at: Date;
  outcome: AuditOutcome;
  actor: Party;
  requestId: string;
  address: string | null;
}
