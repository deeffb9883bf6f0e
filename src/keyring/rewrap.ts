// Wraps every data key anew under the keyring's current key, while gateways serve. Values are neither opened nor sealed again.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Keyring } from '../crypto/keyring.ts';
import { rewrapKey, type SealContext, SealError } from '../crypto/sealed-value.ts';
import { isSigningKeyGenuine, type SigningKeyState, signingKeyMac } from '../crypto/signing-key-mac.ts';
import type { Database, Sql } from '../database/client.ts';
import { ZERO_UUID } from '../primitives/ids.ts';
import { dataKeys, type KeyUsage, keyUsage } from './usage.ts';

const BATCH = 500;
/** A gateway that seals under an older key for so many passes does not have the new one. */
const MOST_PASSES = 20;
const PAUSE_MS = 250;
const MOST_TOLD = 100;

/** A data key that does not open, and stays as it is. */
export interface Stuck {
  kind: 'secret' | 'signing key' | 'audit key';
  /** The secret's name, or the key's id. */
  name: string;
  /** Of a secret. */
  version: number;
  reason: SealError['reason'];
  keyId: string;
}

/** How many data keys of each kind. */
export type Counts = Pick<KeyUsage, 'versions' | 'signingKeys' | 'auditKeys'>;

export interface Rewrapped extends Counts {
  /** How many do not open. */
  stuck: number;
  /** The first hundred of them. */
  told: Stuck[];
  /** How many would open and hang on an older key all the same, since something goes on sealing under that. */
  left: number;
}

interface Row extends Partial<SigningKeyState> {
  id: string;
  number: number;
  wrappedKey: Uint8Array;
  keyId: string;
  /** For a version: its secret's name. */
  name?: string;
  /** For a signing key: its MAC. Null for other rows. */
  mac: Uint8Array | null;
}

interface Shelf {
  count: keyof Counts;
  kind: Stuck['kind'];
  /** `$1` is the older key ids, `$2` and `$3` the row to continue after, `$4` the current key id. */
  read: string;
  write: string;
  start: [id: string, number: number];
  context(row: Row): SealContext;
  /** Computes the row's MAC under another key of the keyring. @throws SealError if the present MAC is wrong */
  mac?(keyring: Keyring, row: Row, keyId: string): Uint8Array | null;
}

const OLD_AND_NEW = `FROM unnest($1::text[], $2::int[], $3::text[], $4::bytea[], $5::bytea[], $6::text[], $7::bytea[], $8::bytea[])
  AS n(id, number, key_id, wrapped_key, mac, new_key_id, new_wrapped_key, new_mac)`;

/** SQL for a wrapped key of format 1, which is not bound to a name. */
const UNBOUND = String.raw`substring(v.wrapped_key FOR 1) = '\x01'`;

// INVARIANT: a row is written only if it still is what was read, so that no concurrent change (a destroyed version, another
// rewrap) is overwritten. One that somebody has locked is passed over and met again: a gateway never waits for this, nor
// this for a gateway.
const SHELVES: readonly Shelf[] = [
  {
    count: 'versions',
    kind: 'secret',
    read: `SELECT v.secret_id AS id, v.number, v.wrapped_key AS "wrappedKey", v.key_id AS "keyId", s.name, NULL AS mac
      FROM secret_versions v JOIN secrets s ON s.id = v.secret_id
      WHERE (v.key_id = ANY($1::text[]) OR v.key_id = $4 AND ${UNBOUND}) AND (v.secret_id, v.number) > ($2::uuid, $3::int)
      ORDER BY v.secret_id, v.number LIMIT ${BATCH}`,
    write: `WITH free AS (
        SELECT v.secret_id, v.number, n.new_key_id, n.new_wrapped_key ${OLD_AND_NEW}
        JOIN secret_versions v ON v.secret_id = n.id::uuid AND v.number = n.number AND v.key_id = n.key_id AND v.wrapped_key = n.wrapped_key
        FOR UPDATE OF v SKIP LOCKED
      )
      UPDATE secret_versions v SET key_id = f.new_key_id, wrapped_key = f.new_wrapped_key FROM free f
      WHERE v.secret_id = f.secret_id AND v.number = f.number RETURNING v.number`,
    start: [ZERO_UUID, 0],
    context: ({ id, number, name = '' }) => ({ kind: 'secret-version', secretId: id, version: number, name }),
  },
  {
    count: 'signingKeys',
    kind: 'signing key',
    read: `SELECT s.id, 0 AS number, s.wrapped_key AS "wrappedKey", s.key_id AS "keyId", s.mac, s.public_jwk AS "publicJwk",
        s.created_at AS "createdAt", s.retired_at AS "retiredAt", s.revoked_at AS "revokedAt"
      FROM signing_keys s WHERE s.key_id = ANY($1::text[]) AND s.id > $2 AND $3::int = 0 AND $4::text IS NOT NULL ORDER BY s.id LIMIT ${BATCH}`,
    write: `WITH free AS (
        SELECT s.id, n.new_key_id, n.new_wrapped_key, n.new_mac ${OLD_AND_NEW}
        JOIN signing_keys s ON s.id = n.id AND s.key_id = n.key_id AND s.wrapped_key = n.wrapped_key AND s.mac IS NOT DISTINCT FROM n.mac
        FOR UPDATE OF s SKIP LOCKED
      )
      UPDATE signing_keys s SET key_id = f.new_key_id, wrapped_key = f.new_wrapped_key, mac = f.new_mac FROM free f
      WHERE s.id = f.id RETURNING s.id`,
    start: ['', 0],
    context: ({ id }) => ({ kind: 'signing-key', kid: id }),
    mac: signingMac,
  },
  {
    count: 'auditKeys',
    kind: 'audit key',
    read: `SELECT k.id, 0 AS number, k.wrapped_key AS "wrappedKey", k.key_id AS "keyId", NULL AS mac FROM audit_keys k
      WHERE k.key_id = ANY($1::text[]) AND k.id > $2::uuid AND $3::int = 0 AND $4::text IS NOT NULL ORDER BY k.id LIMIT ${BATCH}`,
    write: `WITH free AS (
        SELECT k.id, n.new_key_id, n.new_wrapped_key ${OLD_AND_NEW}
        JOIN audit_keys k ON k.id = n.id::uuid AND k.key_id = n.key_id AND k.wrapped_key = n.wrapped_key
        FOR UPDATE OF k SKIP LOCKED
      )
      UPDATE audit_keys k SET key_id = f.new_key_id, wrapped_key = f.new_wrapped_key FROM free f
      WHERE k.id = f.id RETURNING k.id`,
    start: [ZERO_UUID, 0],
    context: ({ id }) => ({ kind: 'audit-key', id }),
  },
];

function signingMac(keyring: Keyring, { keyId, mac, ...row }: Row, newKeyId: string): Uint8Array | null {
  const key = row as SigningKeyState;
  // A revoked signing key without a MAC was revoked because its MAC was wrong. It verifies no token.
  if (mac === null && key.revokedAt !== null) return null;
  if (!isSigningKeyGenuine(keyring, { ...key, keyId, mac })) throw new SealError('ALTERED', keyId);
  return signingKeyMac(keyring, newKeyId, key);
}

/** What one pass over all rows under older keys came to. */
interface Pass {
  moved: Counts;
  /** Changed or locked by another meanwhile. */
  passedOver: number;
  stuck: number;
  told: Stuck[];
}

/**
 * Wraps the data keys of all secret versions, signing keys (with their MACs) and the audit log's keys under the current key, and binds the data
 * keys of versions to the name of their secret. Repeats until no data key that opens is left under another key, since a gateway may have used the
 * older key until it noticed the new one. It can be stopped at any moment and started again, and several can run at the same time.
 */
export async function rewrap(
  { database, keyring }: { database: Database; keyring: Keyring },
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Rewrapped> {
  const moved: Counts = { versions: 0, signingKeys: 0, auditKeys: 0 };
  const done = () => dataKeys(moved);
  let last: Pass | undefined;
  for (let passes = 0; ; passes += 1) {
    const current = keyring.current();
    const older = await dueRows(database, current);
    const over = last !== undefined && movedIn(last) + last.passedOver === 0 && older.rows <= last.stuck;
    if (older.rows === 0 || over || passes === MOST_PASSES) {
      const stuck = older.rows === 0 ? 0 : (last?.stuck ?? 0);
      const told = stuck === 0 ? [] : await withNames(database, last?.told ?? []);
      return { ...moved, stuck, told, left: Math.max(0, older.rows - stuck) };
    }
    if (passes > 1) await sleep(PAUSE_MS);
    const [before, total] = [done(), done() + older.rows];
    onProgress(before, total);
    last = await onePass(database, keyring, { older: older.keyIds, current }, (pass) =>
      onProgress(before + movedIn(pass) + pass.stuck, total),
    );
    for (const { count } of SHELVES) moved[count] += last.moved[count];
  }
}

/** The number of rows to rewrap: under older keys, or not bound to the name of their secret. */
async function dueRows(sql: Sql, current: string): Promise<{ keyIds: string[]; rows: number }> {
  const older = [...(await keyUsage(sql))].filter(([keyId, usage]) => keyId !== current && dataKeys(usage) > 0);
  const [unbound] = await sql.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM secret_versions v WHERE v.key_id = $1 AND ${UNBOUND}`,
    [current],
  );
  return {
    keyIds: older.map(([keyId]) => keyId),
    rows: older.reduce((sum, [, usage]) => sum + dataKeys(usage), unbound?.count ?? 0),
  };
}

async function onePass(
  sql: Sql,
  keyring: Keyring,
  { older, current }: { older: readonly string[]; current: string },
  onBatch: (pass: Pass) => void,
): Promise<Pass> {
  // Where most rows hang on older keys, walking all of them in order is best; where few do, looking those up. PostgreSQL can tell
  // only by what it last counted, which after a rotation or an import is wrong.
  await sql.query('ANALYZE secret_versions');
  const pass: Pass = { moved: { versions: 0, signingKeys: 0, auditKeys: 0 }, passedOver: 0, stuck: 0, told: [] };
  for (const shelf of SHELVES) {
    for (let [id, number] = shelf.start; ; ) {
      const rows = await sql.query<Row>(shelf.read, [older, id, number, current]);
      const last = rows.at(-1);
      if (last === undefined) break;
      [id, number] = [last.id, last.number];
      await moveBatch(sql, keyring, shelf, rows, pass);
      onBatch(pass);
    }
  }
  return pass;
}

async function moveBatch(sql: Sql, keyring: Keyring, shelf: Shelf, rows: readonly Row[], pass: Pass): Promise<void> {
  const wrapped = rows.flatMap((row) => {
    try {
      const next = rewrapKey(keyring, shelf.context(row), row);
      return [{ row, next, mac: shelf.mac?.(keyring, row, next.keyId) ?? null }];
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      pass.stuck += 1;
      const { reason, keyId } = error;
      const { kind } = shelf;
      if (pass.told.length < MOST_TOLD) pass.told.push({ kind, name: row.id, version: row.number, reason, keyId });
      return [];
    }
  });
  if (wrapped.length === 0) return;
  const written = await sql.query(shelf.write, [
    wrapped.map(({ row }) => row.id),
    wrapped.map(({ row }) => row.number),
    wrapped.map(({ row }) => row.keyId),
    wrapped.map(({ row }) => row.wrappedKey),
    wrapped.map(({ row }) => row.mac),
    wrapped.map(({ next }) => next.keyId),
    wrapped.map(({ next }) => next.wrappedKey),
    wrapped.map(({ mac }) => mac),
  ]);
  pass.moved[shelf.count] += written.length;
  pass.passedOver += wrapped.length - written.length;
}

/** With the names of secrets in place of their ids. */
async function withNames(sql: Sql, told: readonly Stuck[]): Promise<Stuck[]> {
  const ids = told.flatMap(({ kind, name }) => (kind === 'secret' ? [name] : []));
  const rows = await sql.query<{ id: string; name: string }>(
    'SELECT id, name FROM secrets WHERE id = ANY($1::uuid[])',
    [ids],
  );
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return told.map((stuck) => ({ ...stuck, name: names.get(stuck.name) ?? stuck.name }));
}

function movedIn({ moved }: Pass): number {
  return dataKeys(moved);
}
