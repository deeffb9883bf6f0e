// Combines concurrent reads of one request into one SQL statement. The loaders do not cache rows, because a mutation field of the same request can
// change the rows.
import DataLoader from 'dataloader';
import type { Uuid } from '../primitives/ids.ts';
import { type Page, type PageRequest, type Position, pageBounds, toPage } from '../primitives/pages.ts';

const NO_CACHE = { cache: false };

/** Loads objects by id. The result is null if no object has the id. */
export function byId<Row extends { id: Uuid }>(
  read: (ids: readonly Uuid[]) => Promise<Row[]>,
): DataLoader<Uuid, Row | null> {
  return new DataLoader(async (ids) => {
    const found = new Map((await read([...new Set(ids)])).map((row) => [row.id, row]));
    return ids.map((id) => found.get(id) ?? null);
  }, NO_CACHE);
}

/** Loads all rows that belong to an owner, in the order in which `read` returns the rows. */
export function byOwner<Row, Owner extends string = Uuid>(
  read: (owners: readonly Owner[]) => Promise<Row[]>,
  ownerOf: (row: Row) => Owner,
): DataLoader<Owner, Row[]> {
  return new DataLoader(async (owners) => {
    const rows = Map.groupBy(await read([...new Set(owners)]), ownerOf);
    return owners.map((owner) => rows.get(owner) ?? []);
  }, NO_CACHE);
}

/**
 * Loads pages of the rows that belong to an owner. The function `read` returns, for each owner, at most `limit` sorted rows after the position
 * `after`.
 */
export function pagesByOwner<Row extends Position>(
  read: (owners: readonly Uuid[], limit: number, after: Position | undefined) => Promise<Row[]>,
  ownerOf: (row: Row) => Uuid,
): (owner: Uuid, page: PageRequest) => Promise<Page<Row>> {
  const loaders = new Map<string, DataLoader<Uuid, Row[]>>();
  return async (owner, page) => {
    const { first, after } = pageBounds(page);
    const key = JSON.stringify([first, after]);
    const loader = loaders.get(key) ?? byOwner((owners) => read(owners, first + 1, after), ownerOf);
    loaders.set(key, loader);
    return toPage(await loader.load(owner), first);
  };
}
