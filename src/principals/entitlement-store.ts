import type { Keyring } from '../crypto/keyring.ts';
import { isSigningKeyGenuine, type SigningKeyState } from '../crypto/signing-key-mac.ts';
import type { Sql } from '../database/client.ts';
import type { Access, Role } from '../generated/vocabulary.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { Entitlements, GroupRef, HeldRole } from './principal.ts';

/**
 * The claims of a verified token. A claim can become false after the token was issued, for example when an access key is deactivated. The claims are
 * therefore checked against the database.
 */
export interface TokenClaims {
  kind: 'USER' | 'APPLICATION';
  /** UUID of the user or application that the token identifies. */
  id: Uuid;
  generation: number;
  /** UUID of the access key with which an application signed in. Undefined if the principal is a user. */
  accessKeyId: Uuid | undefined;
  /** The id of the signing key that signed the token. */
  kid: string;
}

interface Row {
  id: Uuid;
  name: string;
  roles: HeldRole[];
  groups: GroupRef[];
  grants: { id: Uuid; access: Access[]; tag: TagText; group: GroupRef | null; expiresAt: number | null }[];
}

/** SQL joins for the current group memberships, roles and grants on tags of the principal `p`. */
const HELD = `
  LEFT JOIN LATERAL (
    SELECT array_agg(g.id) AS ids, json_agg(json_build_object('id', g.id, 'name', g.name) ORDER BY g.name) AS refs
    FROM group_members m JOIN groups g ON g.id = m.group_id
    WHERE m.member_id = p.id AND m.valid_to IS NULL AND g.deleted_at IS NULL
  ) mine ON true
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object(
      'role', r.role, 'group', CASE WHEN g.id IS NULL THEN NULL ELSE json_build_object('id', g.id, 'name', g.name) END
    ) ORDER BY r.role) AS roles
    FROM role_assignments r LEFT JOIN groups g ON g.id = r.subject_id
    WHERE r.subject_id = ANY(array_append(mine.ids, p.id)) AND r.valid_to IS NULL
  ) held ON true
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object(
      'id', t.id, 'access', t.access, 'tag', t.target,
      'group', CASE WHEN g.id IS NULL THEN NULL ELSE json_build_object('id', g.id, 'name', g.name) END,
      'expiresAt', extract(epoch FROM t.expires_at) * 1000
    ) ORDER BY t.id) AS grants
    FROM permissions t LEFT JOIN groups g ON g.id = t.subject_id
    WHERE t.subject_id = ANY(array_append(mine.ids, p.id)) AND t.target_kind = 'TAG' AND t.valid_to IS NULL
  ) granted ON true`;

const COLUMNS = `COALESCE(held.roles, '[]') AS roles, COALESCE(mine.refs, '[]') AS groups, COALESCE(granted.grants, '[]') AS grants`;

const ACTIVE_USER = 'p.id = $1::uuid AND p.active AND p.deleted_at IS NULL';
const ACTIVE_APPLICATION = 'p.id = $1::uuid AND p.deleted_at IS NULL';

/** SQL that finds the active users, and the applications with an active access key, for which the token claims `$1` to `$5` are true. */
const BY_CLAIMS = `WITH claims AS (
    SELECT a.*, s.public_jwk, s.key_id AS keyring_key, s.mac, s.created_at, s.retired_at
    FROM unnest($1::text[], $2::uuid[], $3::int[], $4::uuid[], $5::text[]) WITH ORDINALITY a(kind, id, generation, key_id, kid, place)
    JOIN signing_keys s ON s.id = a.kid AND s.revoked_at IS NULL
  ), p AS (
    SELECT a.place, u.id, u.username AS name, NULL::timestamptz AS key_expires_at FROM claims a
    JOIN users u ON u.id = a.id AND u.token_generation = a.generation AND u.active AND u.deleted_at IS NULL
    WHERE a.kind = 'USER'
    UNION ALL
    SELECT a.place, o.id, o.name, k.expires_at FROM claims a
    JOIN applications o ON o.id = a.id AND o.deleted_at IS NULL
    JOIN access_keys k ON k.id = a.key_id AND k.application_id = o.id AND k.token_generation = a.generation AND k.active AND k.deleted_at IS NULL
    WHERE a.kind = 'APPLICATION'
  )
  SELECT e.epoch, f.* FROM access_epoch e
  LEFT JOIN (
    SELECT p.place::int, p.id, p.name, p.key_expires_at AS "keyExpiresAt", a.public_jwk AS "publicJwk", a.keyring_key AS "keyId", a.mac,
      a.created_at AS "createdAt", a.retired_at AS "retiredAt", ${COLUMNS}
    FROM p JOIN claims a ON a.place = p.place ${HELD}
  ) f ON true WHERE e.id = 1`;

/**
 * Entitlements and the epoch, read in one SQL statement. As long as the epoch in the database is equal to this epoch, the entitlements are current.
 */
export interface EntitlementsSnapshot {
  entitlements: Entitlements;
  epoch: number;
  /** The expiry time of the access key with which an application signed in. Null if the principal is a user, or if the access key does not expire. */
  keyExpiresAt: Date | null;
}

interface ClaimsRow extends Row, Pick<SigningKeyState, 'publicJwk' | 'createdAt' | 'retiredAt'> {
  place: number | null;
  epoch: number;
  keyExpiresAt: Date | null;
  /** The id of the encryption key from which the key of the signing key's MAC is derived. */
  keyId: string;
  mac: Uint8Array | null;
}

/**
 * Reads the entitlements of each token's principal, in one SQL statement. The results are in the order of the tokens. A result is undefined if the
 * principal is no longer active, or if the MAC of the token's signing key is wrong. Does not check whether the access key has expired.
 */
export async function readEntitlements(
  sql: Sql,
  keyring: Keyring,
  claims: readonly TokenClaims[],
): Promise<(EntitlementsSnapshot | undefined)[]> {
  const rows = await sql.query<ClaimsRow>(BY_CLAIMS, [
    claims.map((claim) => claim.kind),
    claims.map((claim) => claim.id),
    claims.map((claim) => claim.generation),
    claims.map((claim) => claim.accessKeyId ?? null),
    claims.map((claim) => claim.kid),
  ]);
  const found: (EntitlementsSnapshot | undefined)[] = claims.map(() => undefined);
  for (const { place, epoch, keyExpiresAt, publicJwk, keyId, mac, createdAt, retiredAt, ...row } of rows) {
    if (place === null) continue;
    const key = { id: claims[place - 1]!.kid, publicJwk, keyId, mac, createdAt, retiredAt, revokedAt: null };
    // INVARIANT: the MAC is checked on every read of entitlements, because verified tokens are cached. Without this check, someone who removes the
    // revocation from a signing key's row by hand could use old tokens again.
    if (!isSigningKeyGenuine(keyring, key)) continue;
    found[place - 1] = { entitlements: toEntitlements(claims[place - 1]!.kind, row), epoch, keyExpiresAt };
  }
  return found;
}

export async function readEpoch(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ epoch: number }>('SELECT epoch FROM access_epoch WHERE id = 1');
  if (row === undefined) throw new Error('The table access_epoch has no row.');
  return row.epoch;
}

const ANY_USER = `SELECT p.id, p.username AS name, ${COLUMNS} FROM users p ${HELD} WHERE ${ACTIVE_USER}`;
const ANY_APPLICATION = `SELECT p.id, p.name, ${COLUMNS} FROM applications p ${HELD} WHERE ${ACTIVE_APPLICATION}`;

/** Reads the entitlements of a principal, even without a session, in one SQL statement. Returns undefined if the principal is inactive or deleted. */
export async function readEntitlementsOf(
  sql: Sql,
  kind: Entitlements['kind'],
  id: Uuid,
): Promise<Entitlements | undefined> {
  const [row] = await sql.query<Row>(kind === 'USER' ? ANY_USER : ANY_APPLICATION, [id]);
  return row && toEntitlements(kind, row);
}

function toEntitlements(kind: Entitlements['kind'], row: Row): Entitlements {
  return {
    kind,
    id: row.id,
    name: row.name,
    roles: row.roles as { role: Role; group: GroupRef | null }[],
    groups: row.groups,
    tagGrants: row.grants.map((grant) => ({
      ...grant,
      expiresAt: grant.expiresAt === null ? null : new Date(grant.expiresAt),
    })),
  };
}
