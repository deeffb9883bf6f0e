// Loads the principals, secrets, groups and grants that access entries refer to, even if they are deleted. Loads in the same tick of the event loop
// share one SQL statement. This file makes no access decisions. The GraphQL fields of each object decide which data the caller sees.
import DataLoader from 'dataloader';
import type { Database } from '../../database/client.ts';
import type { Uuid } from '../../primitives/ids.ts';

export const OBJECT_KINDS = ['USER', 'APPLICATION', 'GROUP', 'SECRET', 'PERMISSION'] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** For each kind of object, the TypeScript type of the loaded objects. */
export type ObjectTypes = Readonly<Record<ObjectKind, object>>;

/** The SQL that reads objects of one kind, and the conversion of a row to an object. */
export interface ObjectSource<Type extends object> {
  /** A SELECT statement without a WHERE clause. In the statement, the table has the alias that `id` uses, such as `u`. */
  select: string;
  /** The column that has the UUID of the object, such as `u.id`. */
  id: string;
  /** An additional SQL condition on the rows that are read. `place` adds a parameter to the SQL statement and returns its placeholder. */
  where?: (place: (value: unknown) => string) => string;
  /** Converts a row of `select` to an object. Columns whose names end in `At` are dates. */
  toObject(row: object): Type;
}

export type ObjectSources<Types extends ObjectTypes> = { readonly [Kind in ObjectKind]: ObjectSource<Types[Kind]> };

export interface AccessObjects<Types extends ObjectTypes> {
  /** Loads an object by its UUID. Returns null if the object does not exist. */
  load<Kind extends ObjectKind>(kind: Kind, id: Uuid): Promise<Types[Kind] | null>;
  /** Loads a user or an application. The result contains the `kind` of the principal. */
  principal(
    id: Uuid,
  ): Promise<{ kind: 'USER'; object: Types['USER'] } | { kind: 'APPLICATION'; object: Types['APPLICATION'] } | null>;
}

/**
 * Creates the loader that one request uses for the objects that access entries refer to. `subjects` are the UUIDs of the caller and its groups. The
 * SQL statements in `sources` receive `subjects` as the parameter `$1`.
 */
export function accessObjects<Types extends ObjectTypes>(
  database: Database,
  subjects: readonly Uuid[],
  sources: ObjectSources<Types>,
): AccessObjects<Types> {
  const loader = new DataLoader<string, object | null>(
    async (keys) => {
      const params: unknown[] = [subjects];
      const place = (value: unknown) => `$${params.push(value)}`;
      const selects = OBJECT_KINDS.flatMap((kind) => {
        const ids = new Set(keys.flatMap((key) => (key.startsWith(`${kind} `) ? key.slice(kind.length + 1) : [])));
        if (ids.size === 0) return [];
        const { select, id, where } = sources[kind];
        const rows = `${select} WHERE ${id} = ANY(${place([...ids])}::uuid[])${where ? ` AND ${where(place)}` : ''}`;
        return `SELECT '${kind}' AS kind, one.id, to_json(one) AS row FROM (${rows}) one WHERE $1::uuid[] IS NOT NULL`;
      });
      // At most one statement for each combination of kinds is prepared.
      const rows = await database.prepared.query<{ kind: ObjectKind; id: Uuid; row: Record<string, unknown> }>(
        selects.join(' UNION ALL '),
        params,
      );
      const found = new Map(rows.map(({ kind, id, row }) => [`${kind} ${id}`, sources[kind].toObject(withDates(row))]));
      return keys.map((key) => found.get(key) ?? null);
    },
    { cache: false },
  );
  const load = <Kind extends ObjectKind>(kind: Kind, id: Uuid) =>
    loader.load(`${kind} ${id}`) as Promise<Types[Kind] | null>;
  return {
    load,
    async principal(id) {
      const [user, application] = await Promise.all([load('USER', id), load('APPLICATION', id)]);
      if (user !== null) return { kind: 'USER', object: user };
      return application && { kind: 'APPLICATION', object: application };
    },
  };
}

function withDates(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      name.endsWith('At') && typeof value === 'string' ? new Date(value) : value,
    ]),
  );
}
