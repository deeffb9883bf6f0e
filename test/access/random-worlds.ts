// Generates random worlds and random events. The tests of the access law check that all queries about access agree in
// every world.
import fc from 'fast-check';
import pg from 'pg';
import type { Target } from '../../src/access/permission.ts';
import { ACCESSES, accessTo, holds, isVisible, union } from '../../src/access/policy.ts';
import type { AccessChange } from '../../src/access-audit/history/access-change.ts';
import { simulationQueues } from '../../src/access-audit/simulation/simulation-queue.ts';
import { logVerifier } from '../../src/audit/audit-verification.ts';
import type { Database } from '../../src/database/client.ts';
import type { Access, Role } from '../../src/generated/vocabulary.ts';
import { newId, toUuid, type Uuid } from '../../src/primitives/ids.ts';
import { entitlementCache } from '../../src/principals/entitlement-cache.ts';
import { readEntitlementsOf, type TokenClaims } from '../../src/principals/entitlement-store.ts';
import { namedSecrets } from '../../src/secrets/named-secrets.ts';
import { findByNames } from '../../src/secrets/secret-store.ts';
import { secretValues } from '../../src/secrets/secret-values.ts';
import { viewingOf } from '../../src/secrets/viewing.ts';
import { Sensitive } from '../../src/sensitive.ts';
import { Session } from '../../src/session/session.ts';
import { asTag } from '../support/brands.ts';
import { tagInput, type World } from '../support/world.ts';

export const PRINCIPALS = ['ann', 'bob', 'cleo', 'bot'];
export const GROUPS = ['ops', 'pay', 'all'];
export const NAMES = ['alpha', 'beta', 'gamma', 'delta'];
export const TAGS = ['env:prod', 'env:dev', 'team:ops'];
const ROLES = ['ADMIN', 'AUDITOR', 'USER', 'WORKER', 'USER_READ_ONLY'] as const satisfies readonly Role[];

/**
 * Generates random events. Each event can be applied at any time. An event that does not fit the state of the world
 * changes nothing.
 */
export type Happening =
  | { does: 'grant' | 'revoke'; subject: string; on: string; access: Access[]; ends: number | null; by: string }
  | { does: 'tag' | 'untag'; secret: string; tag: string }
  | { does: 'addMember' | 'removeMember'; group: string; member: string }
  | { does: 'deleteGroup'; group: string }
  | { does: 'setRoles'; subject: string; roles: Role[] }
  | { does: 'setActive'; user: string; active: boolean }
  | { does: 'deleteSecret'; secret: string; purge: boolean }
  | { does: 'restoreSecret'; secret: string }
  | { does: 'createSecret'; secret: string; tag: string; by: string }
  | { does: 'wait'; hours: number };

const principal = fc.constantFrom(...PRINCIPALS);
const group = fc.constantFrom(...GROUPS);
const subject = fc.constantFrom(...PRINCIPALS, ...GROUPS);
const secret = fc.constantFrom(...NAMES);
const tag = fc.constantFrom(...TAGS);
const granted = {
  subject,
  on: fc.oneof({ weight: 3, arbitrary: tag }, { weight: 2, arbitrary: secret }, fc.constant('no_such')),
  access: fc.uniqueArray(fc.constantFrom<Access>(...ACCESSES), { minLength: 1, maxLength: 3 }),
  ends: fc.constantFrom(null, null, null, -1, 1, 3),
  by: fc.constantFrom('admin', 'admin', ...PRINCIPALS),
};
const grant = fc.record({ does: fc.constant('grant' as const), ...granted });
const tagging = fc.record({ does: fc.constant('tag' as const), secret, tag });
const joining = fc.record({ does: fc.constant('addMember' as const), group, member: principal });
const giving = fc.record({
  does: fc.constant('setRoles' as const),
  subject,
  roles: fc.uniqueArray(fc.constantFrom<Role>(...ROLES), { maxLength: 2 }),
});

/** The initial state of a random world. */
export const beginning: fc.Arbitrary<Happening[]> = fc
  .tuple(
    fc.array(tagging, { maxLength: 6 }),
    fc.array(joining, { maxLength: 5 }),
    fc.array(grant, { maxLength: 8 }),
    fc.array(giving, { maxLength: 1 }),
  )
  .map((parts) => parts.flat());

export const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: grant },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('revoke' as const), ...granted }) },
  { weight: 3, arbitrary: tagging },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('untag' as const), secret, tag }) },
  { weight: 3, arbitrary: joining },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('removeMember' as const), group, member: principal }) },
  { weight: 2, arbitrary: giving },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('deleteGroup' as const), group }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('setActive' as const),
      user: fc.constantFrom('ann', 'bob', 'cleo'),
      active: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('deleteSecret' as const), secret, purge: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('restoreSecret' as const), secret }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('createSecret' as const), secret, tag, by: principal }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('wait' as const), hours: fc.constantFrom(1, 2, 4) }) },
);

/** The access of every principal to every secret. The map key has the form `ann alpha`, and the accesses are sorted. */
export type HeldAccess = Map<string, string>;

/** A sequence of random worlds that use one database. */
export interface RandomWorld {
  /**
   * Empties the database, creates all principals and secrets, and applies the events at once. The database then
   * contains no grants from earlier worlds.
   */
  begin(how: readonly Happening[]): Promise<void>;
  happen(what: Happening): Promise<void>;
  /** The simulation input for an event, or undefined if the event cannot be simulated. */
  asChange(what: Happening): AccessChange | undefined;
  /** A session of a principal with its current entitlements; undefined for an inactive principal. */
  as(name: string): Promise<Session | undefined>;
  admin(): Promise<Session>;
  /** Returns the global id of a principal or a group. */
  id(name: string): string;
  /** Maps the UUID of a principal to its name. */
  nameOf(uuid: Uuid): string;
  /** Maps the UUID of a secret to its name, including deleted and purged secrets. */
  secretNameOf(uuid: Uuid): string | undefined;
  /** The names of the secrets that are not deleted. */
  live(): Promise<string[]>;
  /**
   * Returns what the policy computes: the accesses and visible secrets of every principal, and the secrets that reads
   * by name return. If `groups` (UUIDs) is not null, the result omits access through all other groups.
   */
  policy(groups?: readonly string[] | null): Promise<{ held: HeldAccess; visible: Set<string>; shown: Set<string> }>;
  close(): Promise<void>;
}

/**
 * The worlds use one database, so that PostgreSQL can reuse cached query plans. In such small worlds, planning takes
 * longer than running.
 */
function planned(database: Database, pool: pg.Pool): Database {
  const names = new Map<string, string>();
  return {
    ...database,
    async query(text, params = []) {
      const name = names.get(text) ?? `q${names.size}`;
      names.set(text, name);
      return (await pool.query({ name, text, values: [...params] })).rows;
    },
  };
}

export async function randomWorld(w: World): Promise<RandomWorld> {
  const { clock } = w;
  const pool = new pg.Pool({ connectionString: w.databaseUrl, max: 4 });
  // Some transactions may still be ending when the database closes.
  pool.on('connect', (client) => client.on('error', () => {}));
  const database = planned(w.database, pool);
  const { keyring, stream } = w;
  const values = secretValues(keyring);
  const entitlements = entitlementCache({ database, keyring, clock });
  const deps = {
    database,
    entitlementCache: entitlements,
    named: namedSecrets({ database, entitlementCache: entitlements, clock }),
    clock,
    keyring,
    values,
    stream,
    simulationQueues: simulationQueues(),
    verifyLog: logVerifier({ database, keyring }),
  };
  const ids = new Map<string, string>();
  const secretNames = new Map<string, string>();
  for (const name of PRINCIPALS)
    ids.set(name, name === 'bot' ? (await w.application(name)).id : (await w.user(name)).id);
  for (const name of GROUPS) ids.set(name, await w.group(name));
  const adminId = (await w.admin.get('{ viewer { id } }')).viewer.id as string;
  const uuidOf = (id: string) => toUuid(id, 'USER', 'APPLICATION', 'GROUP')!;
  const names = new Map([...ids].map(([name, id]) => [uuidOf(id), name]));
  const id = (name: string) => ids.get(name)!;
  const kindOf = (name: string) => (name === 'bot' ? ('APPLICATION' as const) : ('USER' as const));

  /** The token claims of a token that the gateway issues now. */
  const claimsOf = async (kind: 'USER' | 'APPLICATION', uuid: Uuid): Promise<TokenClaims> => {
    const [token] = await database.query<Pick<TokenClaims, 'generation' | 'kid'> & { keyId: Uuid | null }>(
      `SELECT t.*, s.id AS kid FROM signing_keys s, (
         SELECT u.token_generation AS generation, NULL::uuid AS "keyId" FROM users u WHERE u.id = $1::uuid
         UNION ALL SELECT k.token_generation, k.id FROM access_keys k WHERE k.application_id = $1::uuid
       ) t WHERE s.revoked_at IS NULL`,
      [uuid],
    );
    const { generation, kid, keyId } = token!;
    return { kind, id: uuid, generation, kid, accessKeyId: keyId ?? undefined };
  };

  const sessionOf = async (kind: 'USER' | 'APPLICATION', uuid: Uuid) => {
    const [entitlements, claims] = await Promise.all([readEntitlementsOf(database, kind, uuid), claimsOf(kind, uuid)]);
    if (entitlements === undefined) return undefined;
    // The test changes the database directly, which does not increase the epoch.
    const cache = { ...deps.entitlementCache, current: async () => entitlements };
    const request = { requestId: 'r', address: '', headers: {} };
    const session = new Session(request, { claims, payload: {} }, { ...deps, entitlementCache: cache });
    await session.confirm();
    return session;
  };
  const admin = async () => (await sessionOf('USER', uuidOf(adminId)))!;
  const as = (name: string) => sessionOf(kindOf(name), uuidOf(id(name)));
  const target = (on: string): Target =>
    on.includes(':') ? { kind: 'TAG' as const, text: asTag(on) } : { kind: 'SECRET' as const, text: on };
  const expiry = (ends: number | null) => (ends === null ? null : new Date(clock.now().getTime() + ends * 3_600_000));
  /** The secrets that exist at the start of every world. */
  const base = new Map(NAMES.map((name) => [name, newId()]));
  const know = async () => {
    secretNames.clear();
    const rows = await database.query<{ id: string; name: string }>('SELECT id, name FROM secrets');
    for (const row of rows) secretNames.set(row.id, row.name);
  };

  const make = async (by: Session, name: string, tags: string[]) => {
    const { id: made } = await by.secrets.create({
      name,
      value: new Sensitive(`value of ${name}`),
      tags: tags.map(tagInput),
    });
    secretNames.set(made, name);
    return made;
  };

  /** Writes the initial state directly to the database, because direct writes are faster than API calls. */
  const begin = async (what: Happening, now: Date): Promise<void> => {
    const insert = (table: string, row: Record<string, unknown>) =>
      database.query(
        `INSERT INTO ${table} (id, ${Object.keys(row).join(', ')}, valid_from)
         VALUES (gen_random_uuid(), ${Object.keys(row).map((_, i) => `$${i + 2}`)}, $1) ON CONFLICT DO NOTHING`,
        [now, ...Object.values(row)],
      );
    const subjectOf = (name: string) => ({
      subject_kind: GROUPS.includes(name) ? 'GROUP' : kindOf(name),
      subject_id: uuidOf(id(name)),
    });
    if (what.does === 'tag')
      await insert('secret_tags', { secret_id: base.get(what.secret), name: what.secret, tag: what.tag });
    if (what.does === 'addMember')
      await insert('group_members', {
        group_id: uuidOf(id(what.group)),
        member_kind: kindOf(what.member),
        member_id: uuidOf(id(what.member)),
      });
    if (what.does === 'setRoles')
      for (const role of what.roles) await insert('role_assignments', { ...subjectOf(what.subject), role });
    if (what.does === 'grant') {
      const { kind, text } = target(what.on);
      const to = { ...subjectOf(what.subject), target_kind: kind, target: text };
      const bound = what.by !== 'admin' && kind === 'SECRET' ? (base.get(text) ?? null) : null;
      await insert('permissions', { ...to, secret_id: bound, access: what.access, expires_at: expiry(what.ends) });
    }
  };

  const happen = async (what: Happening): Promise<void> => {
    const root = await admin();
    switch (what.does) {
      case 'grant':
      case 'revoke': {
        const by = what.by === 'admin' ? root : await as(what.by);
        const { access, on } = what;
        const expiresAt = what.does === 'grant' ? expiry(what.ends) : null;
        await by?.permissions[what.does]({ subject: { id: id(what.subject) }, target: target(on), access, expiresAt });
        return;
      }
      case 'tag':
      case 'untag':
        await root.secrets[what.does](what.secret, [tagInput(what.tag)]);
        return;
      case 'addMember':
        await root.groups.addMembers(uuidOf(id(what.group)), [id(what.member)]);
        return;
      case 'removeMember':
        await root.groups.removeMembers(uuidOf(id(what.group)), [id(what.member)]);
        return;
      case 'deleteGroup':
        return root.groups.delete(uuidOf(id(what.group)));
      case 'setRoles': {
        const change = { id: uuidOf(id(what.subject)), roles: what.roles };
        if (GROUPS.includes(what.subject)) await root.groups.update(change);
        else if (what.subject === 'bot') await root.applications.update(change);
        else await root.users.update(change);
        return;
      }
      case 'setActive':
        await root.users.update({ id: uuidOf(id(what.user)), active: what.active });
        return;
      case 'deleteSecret':
        await root.secrets.delete(what.secret, what.purge);
        return;
      case 'restoreSecret': {
        const rows = await database.query<{ id: Uuid }>(
          'SELECT id FROM secrets WHERE name = $1 AND deleted_at IS NOT NULL AND purged_at IS NULL ORDER BY deleted_at DESC LIMIT 1',
          [what.secret],
        );
        if (rows[0]) await root.secrets.restore(rows[0].id);
        return;
      }
      case 'createSecret': {
        const by = await as(what.by);
        if (by) await make(by, what.secret, [what.tag]);
        return;
      }
      case 'wait':
        clock.advance({ hours: what.hours });
    }
  };

  return {
    close: () => pool.end(),
    id,
    admin,
    as,
    nameOf: (uuid) => names.get(uuid) ?? 'admin',
    secretNameOf: (uuid) => secretNames.get(uuid),

    async begin(how) {
      clock.advance({ hours: 5 });
      const now = clock.now();
      const uuids = [...names.keys()];
      const kept = [...base.values()];
      for (const table of ['secret_tags', 'permissions', 'group_members']) await database.query(`DELETE FROM ${table}`);
      await database.query('DELETE FROM secret_versions WHERE secret_id <> ALL($1::uuid[])', [kept]);
      await database.query('DELETE FROM secrets WHERE id <> ALL($1::uuid[])', [kept]);
      // A purged secret has no secret value.
      const purged = await database.query<{ id: string }>('SELECT id FROM secrets WHERE purged_at IS NOT NULL');
      for (const { id: gone } of purged) {
        await database.query('DELETE FROM secret_versions WHERE secret_id = $1::uuid', [gone]);
        await database.query('DELETE FROM secrets WHERE id = $1::uuid', [gone]);
      }
      await database.query('UPDATE secrets SET deleted_at = NULL');
      await database.query('DELETE FROM role_assignments WHERE subject_id = ANY($1::uuid[])', [uuids]);
      await database.query('UPDATE users SET active = true, deleted_at = NULL');
      await database.query('UPDATE groups SET deleted_at = NULL');
      await database.query("DELETE FROM periods WHERE object_kind = 'SECRET' OR valid_to IS NOT NULL");
      await database.query(
        `INSERT INTO periods (id, object_kind, object_id, valid_from) SELECT gen_random_uuid(), 'USER', u.id, u.created_at FROM users u
         ON CONFLICT (object_id) WHERE valid_to IS NULL DO NOTHING`,
      );
      await database.query(
        `INSERT INTO periods (id, object_kind, object_id, valid_from) SELECT gen_random_uuid(), 'SECRET', s.id, $1::timestamptz FROM secrets s`,
        [now],
      );
      await know();
      for (const [name, uuid] of base) if (!secretNames.has(uuid)) base.set(name, await make(await admin(), name, []));
      for (const what of how) await begin(what, now);
      // Direct writes to the database also have to increase the epoch.
      await database.query('UPDATE access_epoch SET epoch = epoch + 1');
    },

    async happen(what) {
      try {
        await happen(what);
      } catch (error) {
        // The gateway refused the change, or the change did not fit the state of the world. The world is unchanged.
        if ((error as { code?: string }).code === undefined || (error as { code?: string }).code === 'UNAVAILABLE')
          throw error;
      }
    },

    asChange(what) {
      const at = 'changes.0';
      switch (what.does) {
        case 'grant':
        case 'revoke': {
          if (what.by !== 'admin') return undefined;
          const expiresAt = what.does === 'grant' ? expiry(what.ends) : null;
          return {
            kind: what.does,
            at,
            subjectId: id(what.subject),
            target: target(what.on),
            access: what.access,
            expiresAt,
          };
        }
        case 'tag':
        case 'untag':
          return { kind: what.does, at, secret: what.secret, tags: [asTag(what.tag)] };
        case 'addMember':
        case 'removeMember':
          return { kind: what.does, at, groupId: id(what.group), principalId: id(what.member) };
        case 'deleteGroup':
          return { kind: 'deleteGroup', at, groupId: id(what.group) };
        case 'setRoles':
          return { kind: 'setRoles', at, subjectId: id(what.subject), roles: what.roles };
        default:
          return undefined;
      }
    },

    async live() {
      return (
        await database.query<{ name: string }>('SELECT name FROM secrets WHERE deleted_at IS NULL ORDER BY name')
      ).map(({ name }) => name);
    },

    async policy(groups = null) {
      const [held, visible, shown] = [new Map<string, string>(), new Set<string>(), new Set<string>()];
      for (const name of PRINCIPALS) {
        const entitlements = await readEntitlementsOf(database, kindOf(name), uuidOf(id(name)));
        if (entitlements === undefined) continue;
        const subjects = [entitlements.id, ...entitlements.groups.map((one) => one.id)];
        for (const view of await findByNames(database, viewingOf(subjects, true, clock), NAMES)) {
          const paths = accessTo(entitlements, view, clock.now()).filter(
            ({ group }) => group === null || groups === null || groups.includes(group.id),
          );
          const all = union(paths);
          if (all.size > 0) held.set(`${name} ${view.name}`, ACCESSES.filter((one) => all.has(one)).join());
          if (isVisible(paths)) visible.add(`${name} ${view.name}`);
        }
        // If a secret is hidden, a read by name returns no version.
        const viewing = viewingOf(subjects, holds(entitlements, 'ADMIN'), clock);
        for (const view of await findByNames(database, viewing, NAMES)) {
          if (view.version > 0) shown.add(`${name} ${view.name}`);
        }
      }
      return { held, visible, shown };
    },
  };
}
