/** A person who signs in. */
export interface User {
  /** UUID. */
  id: string;
  username: string;
  name: string;
  email: string | null;
  active: boolean;
  createdAt: Date;
}
