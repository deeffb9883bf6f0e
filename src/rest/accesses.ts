import { BadInput } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';

export const ACCESSES = {
  CREATE: 'CREATE',
  READ: 'READ',
  UPDATE: 'UPDATE',
  DELETE: 'DELETE',
  EXECUTE: 'EXECUTE',
} as const satisfies Record<Access, Access>;

/** An access by its name, whatever the case. @throws BadInput naming `at` */
export function accessOf(text: string, at: string): Access {
  const access = Object.values(ACCESSES).find((one) => one === text.toUpperCase());
  if (access === undefined) throw new BadInput(at, `one of ${Object.keys(ACCESSES).join(', ')}`);
  return access;
}

/** What `?access=READ&access=UPDATE` asks for; READ if it is left out. @throws BadInput */
export function accessesOf(query: URLSearchParams): Access[] {
  const asked = query.getAll('access').flatMap((text) => text.split(','));
  return asked.length === 0 ? ['READ'] : asked.map((text) => accessOf(text.trim(), 'access'));
}
