// Decrypts every stored secret value, one after another, to check that each value can be decrypted. Never returns a value, and clears each decrypted
// value from memory.
import type { Keyring } from '../crypto/keyring.ts';
import { openValue, SealError } from '../crypto/sealed-value.ts';
import type { Database, Sql } from '../database/client.ts';
import { type GlobalId, type GlobalIdText, toGlobalId, toUuid, type Uuid, ZERO_UUID } from '../primitives/ids.ts';
import type { NewEvent } from './audit-event.ts';
import type { AuditLog } from './audit-log.ts';

/** Maximum number of versions in memory at a time. A secret value has at most 256 KiB. */
const PAGE = 50;

/** A secret version whose value cannot be decrypted. */
export interface Unopened {
  secretId: GlobalId;
  version: number;
  reason: SealError['reason'];
  /** The id of the encryption key, or `malformed` if the stored string is not a valid id of an encryption key. */
  keyId: string;
}

/** The progress of a check that decrypts every stored secret value. */
export interface Opening {
  /** The number of values that the check tried to decrypt. */
  tried: number;
  /** The number of values that the check could not decrypt. */
  unopened: number;
  /** The secret that was checked last. The check also read all secrets with lower ids. The field is null if no secret was checked. */
  through: GlobalIdText | null;
}

export interface OpeningDeps {
  database: Database;
  keyring: Keyring;
  audit: AuditLog;
}

export interface OpeningSteps {
  onProgress(state: Opening, total: number): void;
  onUnopened(version: Unopened): void;
}

interface Row {
  id: Uuid;
  number: number;
  name: string | null;
  ciphertext: Uint8Array | null;
  wrappedKey: Uint8Array | null;
  keyId: string | null;
}

/**
 * Tries to decrypt every stored secret version, in the order of secret ids. If the argument `after` (the global id of a secret) is passed, the check
 * skips all secrets up to this id. Records one event before the first value is decrypted, and one event with the result at the end.
 */
export async function openEveryValue(
  { database, keyring, audit }: OpeningDeps,
  after: GlobalIdText | null,
  { onProgress, onUnopened }: OpeningSteps,
): Promise<Opening> {
  const start = after === null ? ZERO_UUID : toUuid(after, 'SECRET');
  if (start === undefined) throw new TypeError('`after` must be the id of a secret: `sec_…`');
  const total = await countAfter(database, start);
  // INVARIANT: the event is committed before any value is decrypted.
  await audit.record(opening({ after, versions: total }), 'DONE');

  const state: Opening = { tried: 0, unopened: 0, through: after };
  let place = { id: start, number: Number.MAX_SAFE_INTEGER };
  for (;;) {
    const rows = await pageAfter(database, place);
    for (const row of rows) {
      if (row.id !== place.id && place.id !== start) state.through = toGlobalId('SECRET', place.id);
      place = row;
      const failed = failureOf(keyring, row);
      if (failed === null) continue;
      state.tried += 1;
      if (failed === undefined) continue;
      state.unopened += 1;
      onUnopened(failed);
    }
    const isLast = rows.length < PAGE;
    if (isLast && place.id !== start) state.through = toGlobalId('SECRET', place.id);
    onProgress(state, total);
    if (isLast) break;
  }
  await audit.record(opening({ after, opened: state.tried - state.unopened, unopenable: state.unopened }), 'DONE');
  return state;
}

function opening(values: Record<string, unknown>): NewEvent {
  return { action: 'AUDIT_VERIFY', subject: null, changes: { values } };
}

async function countAfter(sql: Sql, id: Uuid): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM secret_versions WHERE secret_id > $1::uuid AND ciphertext IS NOT NULL',
    [id],
  );
  return row?.count ?? 0;
}

/**
 * Reads a page of secret versions. The page includes destroyed versions, which the caller skips. Every page reads the same number of rows, so all
 * pages take about the same time.
 */
function pageAfter(sql: Sql, { id, number }: { id: Uuid; number: number }): Promise<Row[]> {
  return sql.query(
    `SELECT v.secret_id AS id, v.number, v.ciphertext, v.wrapped_key AS "wrappedKey", v.key_id AS "keyId", s.name
     FROM secret_versions v LEFT JOIN secrets s ON s.id = v.secret_id
     WHERE (v.secret_id, v.number) > ($1::uuid, $2::bigint) ORDER BY v.secret_id, v.number LIMIT ${PAGE}`,
    [id, number],
  );
}

/** Tries to decrypt the value in `row`. Returns a description of the failure, undefined if the value decrypts, or null if the value is destroyed. */
function failureOf(keyring: Keyring, row: Row): Unopened | undefined | null {
  const { id, number: version, name, ciphertext, wrappedKey, keyId } = row;
  if (ciphertext === null || wrappedKey === null || keyId === null) return null;
  const context = { kind: 'secret-version', secretId: id, version, name: name ?? '' } as const;
  try {
    openValue(keyring, context, { ciphertext, wrappedKey, keyId }).fill(0);
    return undefined;
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    return { secretId: toGlobalId('SECRET', id), version, reason: error.reason, keyId: error.keyId };
  }
}
