// Parses the query parameters of a REST request.
import { BadInput } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import { parseDateTime } from '../primitives/date-time.ts';
import { accessOf } from './grant-parts.ts';

/** Returns the value of a required query parameter. @throws BadInput */
export function required(query: URLSearchParams, name: string): string {
  const text = query.get(name);
  if (text === null) throw new BadInput(name, 'a required parameter');
  return text;
}

/** Parses a query parameter whose value is `true` or `false`, in upper or lower case. Returns false if the parameter is missing. @throws BadInput */
export function flag(query: URLSearchParams, name: string): boolean {
  const text = (query.get(name) ?? 'false').toLowerCase();
  if (text !== 'true' && text !== 'false') throw new BadInput(name, 'true or false');
  return text === 'true';
}

/** Parses a required query parameter that contains a time. @throws BadInput */
export function instant(query: URLSearchParams, name: string): Date {
  const at = parseDateTime(query.get(name) ?? '');
  if (at === undefined) throw new BadInput(name, 'a time such as 2026-01-31T09:30:00Z');
  return at;
}

/**
 * Parses the query parameter `access`, in the format `?access=READ&access=UPDATE` or `?access=READ,UPDATE`. Returns READ if the parameter is missing.
 * @throws BadInput
 */
export function accessesOf(query: URLSearchParams): Access[] {
  const names = query.getAll('access').flatMap((text) => text.split(','));
  return names.length === 0 ? ['READ'] : names.map((text) => accessOf(text.trim(), 'access'));
}
