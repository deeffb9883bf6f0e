// What is asked for at the same moment of a request becomes one statement. Nothing is remembered past that moment: a later
// mutation of the same request changes what is there.
import DataLoader from 'dataloader';
import { type Page, type PageRequest, type Position, pageBounds, toPage } from '../primitives/pages.ts';

const ONLY_BATCH = { cache: false };

/** Objects by id; null for one that is not there. */
export function byId<Row extends { id: string }>(
  read: (ids: readonly string[]) => Promise<Row[]>,
): DataLoader<string, Row | null> {
  return new DataLoader(async (ids) => {
    const found = new Map((await read([...new Set(ids)])).map((row) => [row.id, row]));
    return ids.map((id) => found.get(id) ?? null);
  }, ONLY_BATCH);
}

/** All that belongs to an owner, in the order read. */
export function byOwner<Row>(
  read: (owners: readonly string[]) => Promise<Row[]>,
  ownerOf: (row: Row) => string,
): DataLoader<string, Row[]> {
  return new DataLoader(async (owners) => {
    const rows = Map.groupBy(await read([...new Set(owners)]), ownerOf);
    return owners.map((owner) => rows.get(owner) ?? []);
  }, ONLY_BATCH);
}

/** Pages of what belongs to an owner. `read` gives at most `limit` rows of each, in order, after `after`. */
export function pagesByOwner<Row extends Position>(
  read: (owners: readonly string[], limit: number, after: Position | undefined) => Promise<Row[]>,
  ownerOf: (row: Row) => string,
): (owner: string, page: PageRequest) => Promise<Page<Row>> {
  const loaders = new Map<string, DataLoader<string, Row[]>>();
  return async (owner, page) => {
    const { first, after } = pageBounds(page);
    const key = JSON.stringify([first, after]);
    const loader = loaders.get(key) ?? byOwner((owners) => read(owners, first + 1, after), ownerOf);
    loaders.set(key, loader);
    return toPage(await loader.load(owner), first);
  };
}
