// Tests how the gateway caches entitlements of principals while other processes change the database.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sql } from '../../src/database/client.ts';
import { Unauthenticated } from '../../src/errors.ts';
import { parseGlobalId } from '../../src/primitives/ids.ts';
import { type EntitlementCache, entitlementCache } from '../../src/principals/entitlement-cache.ts';
import type { TokenClaims } from '../../src/principals/entitlement-store.ts';
import { readEpoch } from '../../src/principals/entitlement-store.ts';
import { deleteUser, updateUser } from '../access/asking.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let ann: SomeUser;
let claims: TokenClaims;
let cache: EntitlementCache;
beforeAll(async () => {
  w = await world();
  ann = await w.user('ann', { roles: ['USER'] });
  const [head, body] = ann.token!.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  claims = {
    kind: 'USER',
    id: parseGlobalId(ann.id)!.uuid,
    generation: body.gen,
    accessKeyId: undefined,
    kid: head.kid,
  };
});
afterAll(() => w.close());
beforeEach(() => {
  cache = entitlementCache(w);
});

const rolesOf = ({ roles }: { roles: { role: string }[] }) => roles.map(({ role }) => role);
const raise = () => w.database.query('UPDATE access_epoch SET epoch = epoch + 1');
const statementsOf = async (work: () => Promise<unknown>) => {
  const before = w.database.statements();
  await work();
  return w.database.statements() - before;
};
const epochNow = async (sql: Sql = w.database) => ({ epoch: await readEpoch(sql) });

test('concurrent callers with cached entitlements share one small database statement that confirms them', async () => {
  await cache.current(claims);
  const shared = await statementsOf(() => Promise.all(Array.from({ length: 50 }, () => cache.current(claims))));
  expect(shared).toBe(1);
});

test('concurrent callers without cached entitlements share one database statement that reads them', async () => {
  const other = { ...claims, generation: 99 };
  const all = Promise.allSettled([cache.current(claims), cache.current(claims), cache.current(other)]);
  expect(await statementsOf(() => all)).toBe(1);
  expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
});

test('a token with different token claims does not use the cached entitlements of another token', async () => {
  await cache.current(claims);
  for (const other of [{ kid: 'another' }, { generation: 1 }, { kind: 'APPLICATION' as const }]) {
    await expect(cache.current({ ...claims, ...other })).rejects.toBeInstanceOf(Unauthenticated);
    await expect(cache.readWith({ ...claims, ...other }, () => epochNow())).rejects.toBeInstanceOf(Unauthenticated);
  }
});

test('after any change of entitlements, the gateway reads cached entitlements again, even if it read them for an earlier epoch', async () => {
  await cache.current(claims);
  await updateUser(w.admin, ann.id, { roles: ['AUDITOR'] });
  const asked: string[][] = [];
  const { entitlements } = await cache.readWith(claims, async (of) => {
    asked.push(rolesOf(of));
    return epochNow();
  });
  expect(asked).toEqual([['USER'], ['AUDITOR']]);
  expect(rolesOf(entitlements)).toEqual(['AUDITOR']);
  await updateUser(w.admin, ann.id, { roles: ['USER'] });
});

describe('entitlements that change constantly', () => {
  test('if entitlements change during every read, the gateway returns data that matches the entitlements that it used for the read', async () => {
    let reads = 0;
    const { entitlements, read } = await cache.readWith(claims, async (of, sql) => {
      reads += 1;
      // Each change happens after the gateway reads the entitlements, and before the gateway reads the data that
      // depends on these entitlements.
      await updateUser(w.admin, ann.id, { roles: reads % 2 ? ['AUDITOR'] : ['USER'] });
      return { ...(await epochNow(sql)), of: rolesOf(of), roles: rolesOf(await entitlementsBy(sql)) };
    });
    expect(reads).toBeGreaterThan(2);
    expect(read.roles).toEqual(read.of);
    expect(rolesOf(entitlements)).toEqual(read.of);
    await updateUser(w.admin, ann.id, { roles: ['USER'] });
  });

  const entitlementsBy = async (sql: Sql = w.database) => {
    const roles = await sql.query<{ role: string }>(
      'SELECT role FROM role_assignments WHERE subject_id = $1::uuid AND valid_to IS NULL',
      [claims.id],
    );
    return { roles };
  };
});

test('the gateway caches entitlements for at most one minute, because direct changes of the database do not increase the epoch', async () => {
  await cache.current(claims);
  await w.database.query('UPDATE users SET active = false WHERE id = $1::uuid', [claims.id]);
  w.clock.advance({ seconds: 61 });
  await expect(cache.readWith(claims, () => epochNow())).rejects.toBeInstanceOf(Unauthenticated);
  await w.database.query('UPDATE users SET active = true WHERE id = $1::uuid', [claims.id]);
  expect((await cache.current(claims)).name).toBe('ann');
});

test('after the epoch decreases, for example after a restore of the database, the gateway does not use cached entitlements', async () => {
  await cache.current(claims);
  await w.database.query('UPDATE access_epoch SET epoch = epoch - 1');
  await cache.current(claims);
  await w.database.query("UPDATE users SET name = 'x', active = false WHERE id = $1::uuid", [claims.id]);
  await raise();
  await expect(cache.current(claims)).rejects.toBeInstanceOf(Unauthenticated);
  await w.database.query('UPDATE users SET active = true WHERE id = $1::uuid', [claims.id]);
});

test('every database statement that reads entitlements returns none for a deleted principal', async () => {
  const bob = await w.user('bob');
  const [, body] = bob.token!.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  const gone = { ...claims, id: parseGlobalId(bob.id)!.uuid, generation: body.gen };
  expect((await cache.cached(gone)).name).toBe('bob');
  await deleteUser(w.admin, bob.id);
  await expect(cache.readWith(gone, () => epochNow())).rejects.toBeInstanceOf(Unauthenticated);
  await expect(cache.current(gone)).rejects.toBeInstanceOf(Unauthenticated);
  await expect(cache.cached(gone)).rejects.toBeInstanceOf(Unauthenticated);
});
