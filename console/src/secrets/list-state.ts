// Converts the filters and the sort order of the list of secrets between the URL and the GraphQL API.
import type { Access, SecretFilter, SecretOrder } from '../generated/operations.ts';
import { everyAccess } from '../parts/access-names.ts';
import { tagOf, tagProblem } from '../parts/tags.tsx';

export const NOTHING_CHOSEN = { q: '', tags: '', can: '', expires: '', order: 'NAME_ASC' };
export type ListState = typeof NOTHING_CHOSEN;

export const ORDERS = {
  NAME_ASC: 'Name, A to Z',
  NAME_DESC: 'Name, Z to A',
  UPDATED_AT_DESC: 'Last updated',
  EXPIRES_AT_ASC: 'Expires first',
} satisfies Record<SecretOrder, string>;

/** Labels of the options of the expiry filter. Each option is a number of days from now. */
export const EXPIRIES = {
  '0': 'Expired',
  '7': 'Within 7 days, or already expired',
  '30': 'Within 30 days, or already expired',
  '90': 'Within 90 days, or already expired',
};

export const orderOf = ({ order }: ListState): SecretOrder =>
  Object.hasOwn(ORDERS, order) ? (order as SecretOrder) : 'NAME_ASC';

export const accessOf = ({ can }: ListState): Access[] =>
  everyAccess.filter((access) => can.split(',').includes(access));

export const accessText = (access: readonly string[]): string => access.join(',');

/** Parses a list of tags with commas between the tags: `env:prod,team:pay`. A backslash escapes a comma within a tag. */
export const tagsOf = ({ tags }: ListState): string[] =>
  (tags.match(/(?:\\.|[^\\,])+/gs) ?? []).map((tag) => tag.replaceAll(/\\(.)/gs, '$1'));

export const tagsText = (tags: readonly string[]): string =>
  tags.map((tag) => tag.replaceAll(/[\\,]/g, '\\$&')).join(',');

/** Returns the number of active filters. The search text does not count as a filter. */
export const filtersOf = ({ tags, can, expires }: ListState): number =>
  [tags, can, expires].filter((text) => text !== '').length;

export function filterOf(state: ListState, now: Date): SecretFilter {
  const tags = tagsOf(state).filter((tag) => tagProblem(tag) === undefined);
  const access = accessOf(state);
  const { q, expires } = state;
  return {
    ...(q.trim() !== '' && { nameContains: q.trim() }),
    ...(tags.length > 0 && { tags: tags.map(tagOf) }),
    ...(access.length > 0 && { access }),
    ...(Object.hasOwn(EXPIRIES, expires) && {
      expiresBefore: new Date(now.getTime() + Number(expires) * 86_400_000).toISOString(),
    }),
  };
}
