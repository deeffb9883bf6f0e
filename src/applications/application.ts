import type { Uuid } from '../primitives/ids.ts';

/** A program that signs in with an access key. */
export interface Application {
  /** UUID. */
  id: Uuid;
  name: string;
  description: string | null;
  createdAt: Date;
  /** UUID of the principal that created the application. */
  createdBy: Uuid | null;
  /** The time of the last change of name, description or roles. */
  updatedAt: Date;
  /** UUID of the principal that last changed the application. */
  updatedBy: Uuid | null;
}

/** An access key: a credential with which an application signs in. The object does not contain the secret of the access key. */
export interface AccessKey {
  /** UUID. */
  id: Uuid;
  applicationId: Uuid;
  active: boolean;
  createdAt: Date;
  lastUsedAt: Date | null;
  expiresAt: Date | null;
}

/** Maximum number of access keys of an application. */
export const MOST_KEYS = 20;
