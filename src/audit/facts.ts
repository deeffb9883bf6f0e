// A fact represents a database row that determines who has access, or what value a secret has. An audit event lists the facts that its transaction
// began and ended. Verification therefore detects a database row that was written without the gateway, because no audit event lists the fact of the
// row. docs/audit-format.md specifies the format.
import { createHmac, type KeyObject } from 'node:crypto';
import type { Transaction } from '../database/client.ts';
import type { IdKind, Uuid } from '../primitives/ids.ts';
import { storable } from '../primitives/input.ts';
import type { TagText } from '../primitives/tag-text.ts';
import { eventOf } from './event-of-change.ts';

type SubjectKind = Extract<IdKind, 'USER' | 'GROUP' | 'APPLICATION'>;
type GranteeKind = SubjectKind | 'ROLE';

/**
 * A fact consists of the kind of the database row, its ids, and every column that determines access or secret values. A time in a fact is in
 * milliseconds.
 */
export type Fact =
  | readonly [
      ...['user', id: Uuid, username: string, nameKey: string, reserved: 0],
      ...[active: boolean, passwordHash: string | null, tokenGeneration: number],
    ]
  | readonly ['group', id: Uuid, name: string, nameKey: string, reserved: 0]
  | readonly ['application', id: Uuid, createdBy: Uuid | null]
  | readonly [
      ...['access-key', id: Uuid, applicationId: Uuid, secretHash: string, keyringKeyId: string],
      ...[active: boolean, tokenGeneration: number, expiresAt: number | null],
    ]
  | readonly ['signing-key', kid: string, retiredAt: number | null]
  | readonly ['role', subjectKind: SubjectKind, subjectId: Uuid, role: string]
  | readonly ['custom-role', subjectKind: SubjectKind, subjectId: Uuid, roleId: Uuid]
  | readonly ['member', groupId: Uuid, memberId: Uuid]
  | readonly [
      ...['grant', id: Uuid, subjectKind: GranteeKind, subjectId: Uuid, targetKind: string, target: string],
      ...[secretId: Uuid | null, access: readonly string[], expiresAt: number | null, grantedBy: Uuid | null],
    ]
  | readonly [
      ...['secret', id: Uuid, name: string, currentVersion: number],
      ...[expiresAt: number | null, deletedAt: number | null, createdBy: Uuid | null],
    ]
  | readonly ['version', secretId: Uuid, number: number, ciphertextHash: string]
  | readonly ['tag', secretId: Uuid, tag: TagText, taggedBy: Uuid | null, taggedByAdmin: boolean];

/** The length of a fact's digest in an audit event: 128 bits in base64url. */
const DIGEST_CHARS = 22;
const DIGEST_BYTES = 16;

/** A reserved item in the facts of users and groups. The item is always 0. The format keeps the item so that the digests of existing facts stay valid. */
export const RESERVED_MEMBER = 0;

export type Sign = 1 | -1;

// For each open transaction, the facts that the transaction began and ended. INVARIANT: code that writes a row with a fact adds the fact to this map,
// in the same transaction.
const changed = new WeakMap<Transaction, { sign: Sign; fact: Fact }[]>();

/** Records that a transaction begins these facts. */
export function factsBegin(tx: Transaction, facts: readonly Fact[]): void {
  note(tx, facts, 1);
}

/** Records that a transaction ends these facts. */
export function factsEnd(tx: Transaction, facts: readonly Fact[]): void {
  note(tx, facts, -1);
}

function note(tx: Transaction, facts: readonly Fact[], sign: Sign): void {
  const noted = changed.get(tx) ?? [];
  changed.set(tx, noted);
  for (const fact of facts) noted.push({ sign, fact });
}

/**
 * Returns the string for the field `facts` of a transaction's audit event. The string lists the facts that the transaction began and ended. Returns
 * null if the transaction changed no facts.
 */
export function factsOf(tx: Transaction, key: KeyObject): string | null {
  return factsText(changed.get(tx) ?? [], key);
}

/** Returns the string for the field `facts` of an audit event whose change begins and ends these facts. Returns null if no fact changes. */
export function factsText(changes: readonly { sign: Sign; fact: Fact }[], key: KeyObject): string | null {
  const counts = new Map<string, number>();
  for (const { sign, fact } of changes) {
    const digest = digestOf(key, fact);
    counts.set(digest, (counts.get(digest) ?? 0) + sign);
  }
  return writeFacts(counts) || null;
}

/** Returns the digest that represents a fact in an audit event. */
export function digestOf(key: KeyObject, fact: Fact): string {
  const mac = createHmac('sha256', key).update(canonicalFact(fact)).digest();
  return mac.toString('base64url', 0, DIGEST_BYTES);
}

export function canonicalFact(fact: Fact): string {
  return JSON.stringify([
    'secrets-gateway/v1/fact',
    ...fact.map((part) => (typeof part === 'string' ? storable(part) : part)),
  ]);
}

/** Formats facts as a string. The string contains `+` and the digest for each fact that began, and `-` and the digest for each fact that ended. */
export function writeFacts(counts: ReadonlyMap<string, number>): string {
  let text = '';
  for (const [digest, count] of counts) text += `${count > 0 ? '+' : '-'}${digest}`.repeat(Math.abs(count));
  return text;
}

/** Parses a string that `writeFacts` returned. Calls `take` with each digest and its sign. */
export function readFacts(text: string, take: (digest: string, sign: Sign) => void): void {
  for (let at = 0; at < text.length; at += DIGEST_CHARS + 1) {
    take(text.slice(at + 1, at + 1 + DIGEST_CHARS), text[at] === '-' ? -1 : 1);
  }
}

/** The tables whose rows are represented by facts. */
export type FactTable =
  | 'access_keys'
  | 'applications'
  | 'custom_role_assignments'
  | 'group_members'
  | 'groups'
  | 'permissions'
  | 'role_assignments'
  | 'secret_tags'
  | 'secret_versions'
  | 'secrets'
  | 'signing_keys'
  | 'users';

interface FactSource {
  /** An SQL expression for the parts of the fact of a table row `x`. */
  parts: string;
  /** An SQL condition that is true if the table row `x` is in force. A row that is not in force has no fact. */
  counts: string;
}

const time = (column: string) => `(extract(epoch FROM x.${column}) * 1000)::bigint`;

export const FACT_SOURCES: Readonly<Record<FactTable, FactSource>> = {
  users: {
    parts: `'user', x.id, x.username, x.name_key, ${RESERVED_MEMBER}, x.active, x.password_hash, x.token_generation`,
    counts: 'x.deleted_at IS NULL',
  },
  groups: { parts: `'group', x.id, x.name, x.name_key, ${RESERVED_MEMBER}`, counts: 'x.deleted_at IS NULL' },
  applications: { parts: `'application', x.id, x.created_by`, counts: 'x.deleted_at IS NULL' },
  access_keys: {
    parts: `'access-key', x.id, x.application_id, encode(x.secret_hash, 'hex'), x.key_id, x.active, x.token_generation, ${time('expires_at')}`,
    counts: 'x.deleted_at IS NULL',
  },
  signing_keys: { parts: `'signing-key', x.id, ${time('retired_at')}`, counts: 'x.revoked_at IS NULL' },
  role_assignments: { parts: `'role', x.subject_kind, x.subject_id, x.role`, counts: 'x.valid_to IS NULL' },
  custom_role_assignments: {
    parts: `'custom-role', x.subject_kind, x.subject_id, x.role_id`,
    counts: 'x.valid_to IS NULL',
  },
  group_members: { parts: `'member', x.group_id, x.member_id`, counts: 'x.valid_to IS NULL' },
  permissions: {
    parts: `'grant', x.id, x.subject_kind, x.subject_id, x.target_kind, x.target, x.secret_id,
      ARRAY(SELECT a FROM unnest(x.access) a ORDER BY a COLLATE "C"), ${time('expires_at')}, x.granted_by`,
    counts: 'x.valid_to IS NULL',
  },
  secrets: {
    parts: `'secret', x.id, x.name, x.current_version, ${time('expires_at')}, ${time('deleted_at')}, x.created_by`,
    counts: 'x.purged_at IS NULL',
  },
  secret_versions: {
    parts: `'version', x.secret_id, x.number, encode(sha256(x.ciphertext), 'hex')`,
    counts: 'x.ciphertext IS NOT NULL',
  },
  secret_tags: { parts: `'tag', x.secret_id, x.tag, x.tagged_by, x.tagged_by_admin`, counts: 'x.valid_to IS NULL' },
};

/** An SQL expression for the fact of a table row `x`, in JSON. The expression is null if the row is not in force. */
export function factSql(table: FactTable): string {
  const { parts, counts } = FACT_SOURCES[table];
  return `CASE WHEN ${counts} THEN json_build_array(${parts}) END`;
}

/**
 * Runs `work`, and records how `work` changes the facts of the selected rows of `table`. The SQL condition `where` on a row `x` with the parameter
 * `$1` selects the rows. The caller must lock the rows first, unless no other transaction can see the rows.
 */
export async function withFacts<T>(
  tx: Transaction,
  table: FactTable,
  [where, param]: [where: string, param: unknown],
  work: () => Promise<T>,
): Promise<T> {
  const read = async () => {
    const rows = await tx.query<{ fact: Fact | null }>(
      `SELECT ${factSql(table)} AS fact FROM ${table} x WHERE ${where}`,
      [param],
    );
    return rows.flatMap(({ fact }) => (fact === null ? [] : [fact]));
  };
  const before = await read();
  const result = await work();
  factsEnd(tx, before);
  factsBegin(tx, await read());
  return result;
}

const BY_ID: string = 'x.id = $1::uuid';

/** Calls `withFacts` for the one row whose UUID is `id`. */
export function withFactsOf<T>(
  tx: Transaction,
  table: Exclude<FactTable, 'secret_versions' | 'signing_keys'>,
  id: Uuid,
  work: () => Promise<T>,
): Promise<T> {
  return withFacts(tx, table, [BY_ID, id], work);
}

/**
 * Ends the rows that `where` selects, and records that the facts of these rows end. Each row stores the event id `event`. Returns the ended facts.
 */
export async function endRows(
  tx: Transaction,
  table: 'custom_role_assignments' | 'group_members' | 'permissions' | 'role_assignments' | 'secret_tags',
  now: Date,
  where: string,
  params: readonly unknown[],
  event: Uuid = eventOf(tx, now),
): Promise<Fact[]> {
  const rows = await tx.query<{ fact: Fact }>(
    `UPDATE ${table} x SET valid_to = $1::timestamptz, ended_by_event = $${params.length + 2}::uuid
     WHERE x.valid_to IS NULL AND ${where} RETURNING json_build_array(${FACT_SOURCES[table].parts}) AS fact`,
    [now, ...params, event],
  );
  const facts = rows.map(({ fact }) => fact);
  factsEnd(tx, facts);
  return facts;
}

export function userFact(user: {
  id: Uuid;
  username: string;
  nameKey: string;
  active: boolean;
  passwordHash: string | null;
  tokenGeneration: number;
}): Fact {
  const { id, username, nameKey, active, passwordHash, tokenGeneration } = user;
  return ['user', id, username, nameKey, RESERVED_MEMBER, active, passwordHash, tokenGeneration];
}

export function grantFact(grant: {
  id: Uuid;
  subjectKind: GranteeKind;
  subjectId: Uuid;
  target: { kind: string; text: string };
  secretId: Uuid | null;
  access: readonly string[];
  expiresAt: Date | null;
  grantedBy: Uuid | null;
}): Fact {
  const { id, subjectKind, subjectId, target, secretId, access, expiresAt, grantedBy } = grant;
  const ends = expiresAt?.getTime() ?? null;
  return ['grant', id, subjectKind, subjectId, target.kind, target.text, secretId, [...access].sort(), ends, grantedBy];
}
