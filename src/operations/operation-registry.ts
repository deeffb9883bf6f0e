import type { EventSubject } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Sql } from '../database/client.ts';
import type { Operation } from '../graphql/operation.ts';
import type { Clock } from '../primitives/clock.ts';

export interface Registered {
  hash: string;
  names: string[];
  registeredAt: Date;
}

/** Registers all the operations in one transaction. @returns the hashes of the newly registered operations */
export function register(audit: AuditLog, clock: Clock, operations: readonly Operation[]): Promise<string[]> {
  return audit.transaction(async (tx) => {
    const added: Operation[] = [];
    for (const operation of operations) {
      const { hash, text, names } = operation;
      const rows = await tx.query(
        `INSERT INTO operations (hash, text, names, registered_at) VALUES ($1, $2, $3::text[], $4::timestamptz)
         ON CONFLICT DO NOTHING RETURNING hash`,
        [hash, text, [...names], clock.now()],
      );
      if (rows.length > 0) added.push(operation);
    }
    return {
      result: added.map(({ hash }) => hash),
      events: added.map(({ hash, names }) => ({ action: 'OPERATION_REGISTER', subject: eventSubjectOf(hash, names) })),
    };
  });
}

/** Removes a registered operation. @returns false if no registered operation has this hash */
export function remove(audit: AuditLog, hash: string): Promise<boolean> {
  return audit.transaction(async (tx) => {
    const [row] = await tx.query<{ names: string[] }>('DELETE FROM operations WHERE hash = $1 RETURNING names', [hash]);
    if (row === undefined) return { result: false, events: [] };
    return { result: true, events: [{ action: 'OPERATION_REMOVE', subject: eventSubjectOf(hash, row.names) }] };
  });
}

export function list(database: Sql): Promise<Registered[]> {
  return database.query<Registered>(
    'SELECT hash, names, registered_at AS "registeredAt" FROM operations ORDER BY names, hash',
  );
}

/**
 * Maximum number of characters of operation names in an audit event. The limit is needed because a database index contains the names, and PostgreSQL
 * limits an index entry to some 2,700 bytes.
 */
const MOST_NAME_CHARACTERS = 1_000;

function eventSubjectOf(hash: string, names: readonly string[]): EventSubject {
  const all = names.join(', ');
  const name = all.length > MOST_NAME_CHARACTERS ? `${all.slice(0, MOST_NAME_CHARACTERS)}…` : all;
  return { kind: 'OPERATION', id: hash, name };
}
