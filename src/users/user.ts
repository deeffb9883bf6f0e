import { BadInput } from '../errors.ts';
import { label } from '../input.ts';

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

/** How the ids begin by which REST names applications where it names users. */
const APPLICATION = 'app:';

/** The username of a new user. @throws BadInput naming `field` */
export function newUsername(text: string, field: string): string {
  const username = label(text, field);
  if (username.startsWith(APPLICATION))
    throw new BadInput(field, `not to begin with ${APPLICATION}, which names applications`);
  return username;
}
