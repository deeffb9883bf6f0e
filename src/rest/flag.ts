import { BadInput } from '../errors.ts';

/** `?name=true` or `?name=false`, in any case; false if it is left out. @throws BadInput */
export function flag(query: URLSearchParams, name: string): boolean {
  const text = (query.get(name) ?? 'false').toLowerCase();
  if (text !== 'true' && text !== 'false') throw new BadInput(name, 'true or false');
  return text === 'true';
}
