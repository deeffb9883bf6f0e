import type { Uuid } from '../primitives/ids.ts';

export const MAX_EMAIL_LENGTH = 320;

/** A person who signs in. */
export interface User {
  /** UUID. */
  id: Uuid;
  username: string;
  name: string;
  email: string | null;
  active: boolean;
  createdAt: Date;
}
