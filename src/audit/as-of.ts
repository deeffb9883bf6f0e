import type { Uuid } from '../primitives/ids.ts';
import type { Fact } from './facts.ts';

/**
 * A state of the database: the epoch of the entitlements, and the revisions of secrets that are not deleted. A decision that was made from cached
 * data names the state of this data. The audit event of the decision is committed only if the state is still current.
 */
export interface AsOf {
  readonly epoch: number;
  readonly secrets: readonly { readonly id: Uuid; readonly revision: number }[];
}

/** The state of a decision is no longer current. No audit event was written, and the decision must be made again from data that is read now. */
export class Stale extends Error {
  /** The epoch in the database. Null if the database has no epoch. */
  readonly epoch: number | null;

  constructor(epoch: number | null) {
    super('The decision was made from data that has changed.');
    this.name = 'Stale';
    this.epoch = epoch;
  }
}

/** A parameter of an SQL statement: the name and the SQL type of a column, and the value of the column for a row. */
// biome-ignore lint/suspicious/noExplicitAny: a list of columns does not depend on the type of its rows
export type Column<Row = any> = readonly [name: string, type: string, of: (row: Row) => string | number | null];

/**
 * A kind of change that is made in the same statement that inserts its audit events. Changes of one kind that are made at the same moment share the statement.
 * In the SQL, the relation `asked` has one row for each change, with the columns of the kind.
 */
// biome-ignore lint/suspicious/noExplicitAny: the audit stream combines changes of any type
export interface ChangeKind<Row = any> {
  columns: readonly Column<Row>[];
  /**
   * A SELECT that locks the rows which the change `a` of `asked` changes, with SKIP LOCKED. The SELECT returns no row if a row was changed since the
   * decision, or if another transaction has locked a row.
   */
  lock: string;
  /** Whether the change decides who has access to the secrets that other decisions of the same moment concern. */
  changesAccess?: true;
  /** CTEs that change rows. INVARIANT: each CTE joins the relation `head`, which has no row if a change of the statement is stale. */
  writes: string;
}

/** A change whose decision was made as of a state, and that is made only if this state is still current. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export interface Change<Row = any> {
  kind: ChangeKind<Row>;
  row: Row;
  /** Identifies the object that is changed, such as the UUID of a secret. A statement contains at most one change of an object. */
  object: string;
  /** The size of the parameters in bytes. */
  bytes: number;
  /** The facts that the change ends and begins. */
  facts: { ended: readonly Fact[]; begun: readonly Fact[] };
}
