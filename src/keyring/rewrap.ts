// Wraps every data key again, under the keyring's current encryption key. Gateways can continue to run while data keys are wrapped again. Secret
// values are neither decrypted nor encrypted again.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Keyring } from '../crypto/keyring.ts';
import { rewrapKey, type SealContext, SealError } from '../crypto/sealed-value.ts';
import { isSigningKeyGenuine, type SigningKeyState, signingKeyMac } from '../crypto/signing-key-mac.ts';
import type { Database, Sql } from '../database/client.ts';
import { ZERO_UUID } from '../primitives/ids.ts';
import { countDataKeys, type KeyUsage, keyUsage } from './usage.ts';

const BATCH_SIZE = 500;
/**
 * Maximum number of passes over all data keys. If a gateway still wraps data keys under an older encryption key after so many passes, the gateway
 * does not have the new encryption key.
 */
const MAX_PASSES = 20;
const PAUSE_MS = 250;
const MAX_LISTED = 100;

/** A data key that cannot be unwrapped. `rewrap` does not change a data key that cannot be unwrapped. */
export interface UnopenableKey {
  kind: 'secret' | 'captured value' | 'signing key' | 'audit key';
  /** The name of the secret, or the id of the signing key or audit key. */
  name: string;
  /** The version of the secret. 0 for all other kinds. */
  version: number;
  reason: SealError['reason'];
  keyId: string;
}

/** The number of data keys for each kind of sealed value. */
export type Counts = Pick<KeyUsage, 'versions' | 'signingKeys' | 'auditKeys'>;

export interface Rewrapped extends Counts {
  /** Number of data keys that cannot be unwrapped. */
  unopenable: number;
  /** The first hundred data keys that cannot be unwrapped. */
  listed: UnopenableKey[];
  /**
   * Number of data keys that can be unwrapped but are still wrapped under an older encryption key, because a gateway keeps using this older
   * encryption key.
   */
  remaining: number;
}

interface Row extends Partial<SigningKeyState> {
  id: string;
  number: number;
  wrappedKey: Uint8Array;
  keyId: string;
  /** The name of the secret. Undefined if the row is not a secret version. */
  name?: string;
  /** The MAC of the signing key. Null if the row is not a signing key. */
  mac: Uint8Array | null;
}

interface KeyTable {
  count: keyof Counts;
  kind: UnopenableKey['kind'];
  /** SQL that reads rows. `$1` are the ids of the older encryption keys. `$2` and `$3` identify the last row of the previous page. */
  read: string;
  write: string;
  start: [id: string, number: number];
  context(row: Row): SealContext;
  /** Computes the MAC of the row with the encryption key `keyId`. @throws SealError if the present MAC is wrong */
  mac?(keyring: Keyring, row: Row, keyId: string): Uint8Array | null;
}

const OLD_AND_NEW = `FROM unnest($1::text[], $2::int[], $3::text[], $4::bytea[], $5::bytea[], $6::text[], $7::bytea[], $8::bytea[])
  AS n(id, number, key_id, wrapped_key, mac, new_key_id, new_wrapped_key, new_mac)`;

// INVARIANT: a row is updated only if the row is unchanged since it was read. Therefore the update cannot overwrite a concurrent change, such as the
// destruction of a version. A row that another transaction has locked is skipped and read again in the next pass. Therefore gateways and this command
// never wait for each other. The update of a current version raises the revision of its secret by a trigger, so the statement also locks the secret.
const KEY_TABLES: readonly KeyTable[] = [
  {
    count: 'versions',
    kind: 'secret',
    read: `SELECT v.secret_id AS id, v.number, v.wrapped_key AS "wrappedKey", v.key_id AS "keyId", s.name, NULL AS mac
      FROM secret_versions v JOIN secrets s ON s.id = v.secret_id
      WHERE v.key_id = ANY($1::text[]) AND (v.secret_id, v.number) > ($2::uuid, $3::int)
      ORDER BY v.secret_id, v.number LIMIT ${BATCH_SIZE}`,
    write: `WITH free AS (
        SELECT v.secret_id, v.number, n.new_key_id, n.new_wrapped_key ${OLD_AND_NEW}
        JOIN secret_versions v ON v.secret_id = n.id::uuid AND v.number = n.number AND v.key_id = n.key_id AND v.wrapped_key = n.wrapped_key
        JOIN secrets s ON s.id = v.secret_id
        FOR UPDATE OF v SKIP LOCKED FOR NO KEY UPDATE OF s SKIP LOCKED
      )
      UPDATE secret_versions v SET key_id = f.new_key_id, wrapped_key = f.new_wrapped_key FROM free f
      WHERE v.secret_id = f.secret_id AND v.number = f.number RETURNING v.number`,
    start: [ZERO_UUID, 0],
    context: ({ id, number, name = '' }) => ({ kind: 'secret-version', secretId: id, version: number, name }),
  },
  {
    count: 'versions',
    kind: 'captured value',
    read: `SELECT c.id, 0 AS number, c.wrapped_key AS "wrappedKey", c.key_id AS "keyId", NULL AS mac FROM captured_values c
      WHERE c.key_id = ANY($1::text[]) AND c.id > $2 AND $3::int = 0 ORDER BY c.id LIMIT ${BATCH_SIZE}`,
    write: `WITH free AS (
        SELECT c.id, n.new_key_id, n.new_wrapped_key ${OLD_AND_NEW}
        JOIN captured_values c ON c.id = n.id AND c.key_id = n.key_id AND c.wrapped_key = n.wrapped_key
        FOR UPDATE OF c SKIP LOCKED
      )
      UPDATE captured_values c SET key_id = f.new_key_id, wrapped_key = f.new_wrapped_key FROM free f
      WHERE c.id = f.id RETURNING c.id`,
    start: ['', 0],
    context: ({ id }) => ({ kind: 'captured-value', id }),
  },
  {
    count: 'signingKeys',
    kind: 'signing key',
    read: `SELECT s.id, 0 AS number, s.wrapped_key AS "wrappedKey", s.key_id AS "keyId", s.mac, s.public_jwk AS "publicJwk",
        s.created_at AS "createdAt", s.retired_at AS "retiredAt", s.revoked_at AS "revokedAt"
      FROM signing_keys s WHERE s.key_id = ANY($1::text[]) AND s.id > $2 AND $3::int = 0 ORDER BY s.id LIMIT ${BATCH_SIZE}`,
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
      WHERE k.key_id = ANY($1::text[]) AND k.id > $2::uuid AND $3::int = 0 ORDER BY k.id LIMIT ${BATCH_SIZE}`,
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
  // A revoked signing key without a MAC was revoked because its MAC was wrong. A revoked signing key needs no MAC, because the gateway verifies no
  // tokens with a revoked signing key.
  if (mac === null && key.revokedAt !== null) return null;
  if (!isSigningKeyGenuine(keyring, { ...key, keyId, mac })) throw new SealError('ALTERED', keyId);
  return signingKeyMac(keyring, newKeyId, key);
}

/** The result of one pass over all rows whose data keys are wrapped under older encryption keys. */
interface Pass {
  moved: Counts;
  /** Number of rows that the pass skipped, because another transaction changed or locked them. */
  skipped: number;
  unopenable: number;
  listed: UnopenableKey[];
}

/**
 * Wraps the data keys of all secret versions, signing keys (with their MACs) and audit keys under the current encryption key. The function repeats
 * its work until every data key that can be unwrapped is wrapped under the current encryption key. Several passes may be needed, because a gateway
 * may use the older encryption key until the gateway reads the new keyring. The function can be stopped at any time and started again. Several calls
 * may run at the same time.
 */
export async function rewrap(
  { database, keyring }: { database: Database; keyring: Keyring },
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Rewrapped> {
  const moved: Counts = { versions: 0, signingKeys: 0, auditKeys: 0 };
  const done = () => countDataKeys(moved);
  let last: Pass | undefined;
  for (let passes = 0; ; passes += 1) {
    const current = keyring.current();
    const older = await dueRows(database, current);
    const isFinished = last !== undefined && movedIn(last) + last.skipped === 0 && older.rows <= last.unopenable;
    if (older.rows === 0 || isFinished || passes === MAX_PASSES) {
      const unopenable = older.rows === 0 ? 0 : (last?.unopenable ?? 0);
      const listed = unopenable === 0 ? [] : await withNames(database, last?.listed ?? []);
      return { ...moved, unopenable, listed, remaining: Math.max(0, older.rows - unopenable) };
    }
    if (passes > 1) await sleep(PAUSE_MS);
    const [before, total] = [done(), done() + older.rows];
    onProgress(before, total);
    last = await onePass(database, keyring, older.keyIds, (pass) =>
      onProgress(before + movedIn(pass) + pass.unopenable, total),
    );
    for (const count of Object.keys(moved) as (keyof Counts)[]) moved[count] += last.moved[count];
  }
}

/** Returns the ids of the older encryption keys that still wrap data keys, and the number of rows with these data keys. */
async function dueRows(sql: Sql, current: string): Promise<{ keyIds: string[]; rows: number }> {
  const older = [...(await keyUsage(sql))].filter(([keyId, usage]) => keyId !== current && countDataKeys(usage) > 0);
  return {
    keyIds: older.map(([keyId]) => keyId),
    rows: older.reduce((sum, [, usage]) => sum + countDataKeys(usage), 0),
  };
}

async function onePass(
  sql: Sql,
  keyring: Keyring,
  older: readonly string[],
  onBatch: (pass: Pass) => void,
): Promise<Pass> {
  // PostgreSQL uses statistics to choose the plans of the following SQL statements. If most rows have data keys under older encryption keys, the
  // faster plan is to read the index in order. If few rows have data keys under older encryption keys, the faster plan is to look up these rows.
  // ANALYZE updates the statistics, which are outdated after a rotation or an import.
  await sql.query('ANALYZE secret_versions');
  const pass: Pass = { moved: { versions: 0, signingKeys: 0, auditKeys: 0 }, skipped: 0, unopenable: 0, listed: [] };
  for (const table of KEY_TABLES) {
    for (let [id, number] = table.start; ; ) {
      const rows = await sql.query<Row>(table.read, [older, id, number]);
      const last = rows.at(-1);
      if (last === undefined) break;
      [id, number] = [last.id, last.number];
      await moveBatch(sql, keyring, table, rows, pass);
      onBatch(pass);
    }
  }
  return pass;
}

async function moveBatch(sql: Sql, keyring: Keyring, table: KeyTable, rows: readonly Row[], pass: Pass): Promise<void> {
  const wrapped = rows.flatMap((row) => {
    try {
      const next = rewrapKey(keyring, table.context(row), row);
      return [{ row, next, mac: table.mac?.(keyring, row, next.keyId) ?? null }];
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      pass.unopenable += 1;
      const { reason, keyId } = error;
      const { kind } = table;
      if (pass.listed.length < MAX_LISTED) pass.listed.push({ kind, name: row.id, version: row.number, reason, keyId });
      return [];
    }
  });
  if (wrapped.length === 0) return;
  const written = await sql.query(table.write, [
    wrapped.map(({ row }) => row.id),
    wrapped.map(({ row }) => row.number),
    wrapped.map(({ row }) => row.keyId),
    wrapped.map(({ row }) => row.wrappedKey),
    wrapped.map(({ row }) => row.mac),
    wrapped.map(({ next }) => next.keyId),
    wrapped.map(({ next }) => next.wrappedKey),
    wrapped.map(({ mac }) => mac),
  ]);
  pass.moved[table.count] += written.length;
  pass.skipped += wrapped.length - written.length;
}

/** Replaces the id of each listed secret by the secret's name. */
async function withNames(sql: Sql, listed: readonly UnopenableKey[]): Promise<UnopenableKey[]> {
  const ids = listed.flatMap(({ kind, name }) => (kind === 'secret' ? [name] : []));
  const rows = await sql.query<{ id: string; name: string }>(
    'SELECT id, name FROM secrets WHERE id = ANY($1::uuid[])',
    [ids],
  );
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return listed.map((entry) => ({ ...entry, name: names.get(entry.name) ?? entry.name }));
}

function movedIn({ moved }: Pass): number {
  return countDataKeys(moved);
}
