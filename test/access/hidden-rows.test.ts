// If an object is hidden, a statement returns as many rows and bytes as for a missing object. Therefore neither the
// duration nor the size of an answer depends on the hidden description and tags.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { authorizerFor } from '../../src/access/authorizer.ts';
import { subjectsOf } from '../../src/access/policy.ts';
import { applicationService } from '../../src/applications/application-service.ts';
import { managedApplications } from '../../src/applications/managed-application.ts';
import type { Database, Sql } from '../../src/database/client.ts';
import { NotFound } from '../../src/errors.ts';
import { groupService } from '../../src/groups/group-service.ts';
import { newId, toGlobalId, toUuid, type Uuid, ZERO_UUID } from '../../src/primitives/ids.ts';
import { unlimited } from '../../src/primitives/wait-budget.ts';
import { readEntitlementsOf } from '../../src/principals/entitlement-store.ts';
import type { Entitlements } from '../../src/principals/principal.ts';
import { findByIds, findByNames, findEverNamed, findNamed } from '../../src/secrets/secret-store.ts';
import { viewingOf } from '../../src/secrets/viewing.ts';
import { userService } from '../../src/users/user-service.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let hiddenId: Uuid;
/**
 * The UUIDs of a group, an application and an access key. Only administrators and auditors can see these three
 * objects.
 */
const hiddenIds = { group: ZERO_UUID, application: ZERO_UUID, key: ZERO_UUID };
/**
 * Three callers: `nobody` has no grant, `creator` has CREATE on both names and READ on unrelated tags, and `seer`
 * sees the secret.
 */
const who = new Map<string, Entitlements>();
/** Both names have the same length. */
const [HIDDEN, MISSING] = ['hidden_name', 'absent_name'];

beforeAll(async () => {
  w = await world();
  const users: Record<string, SomeUser> = {
    nobody: await w.user('nobody'),
    creator: await w.user('creator'),
    seer: await w.user('seer'),
  };
  const tags = Array.from({ length: 50 }, (_, i) => `key-${i}:${'v'.repeat(200)}-${i}` as const);
  const { createSecret } = await w.admin.get(
    'mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { id } } }',
    {
      i: {
        name: HIDDEN,
        value: sentinel(),
        description: 'd'.repeat(2_000),
        tags: tags.map((one) => ({ key: one.split(':')[0], value: one.split(':')[1] })),
      },
    },
  );
  hiddenId = toUuid(createSecret.secret.id, 'SECRET')!;
  const { createGroup } = await w.admin.get(
    'mutation ($i: CreateGroupInput!) { createGroup(input: $i) { group { id } } }',
    { i: { name: HIDDEN, description: 'd'.repeat(2_000) } },
  );
  hiddenIds.group = toUuid(createGroup.group.id, 'GROUP')!;
  const { createApplication } = await w.admin.get(
    'mutation ($i: CreateApplicationInput!) { createApplication(input: $i) { application { id } } }',
    { i: { name: HIDDEN, description: 'd'.repeat(2_000) } },
  );
  hiddenIds.application = toUuid(createApplication.application.id, 'APPLICATION')!;
  const { createAccessKey } = await w.admin.get(
    'mutation ($id: ID!) { createAccessKey(applicationId: $id) { accessKey { id } } }',
    { id: createApplication.application.id },
  );
  hiddenIds.key = toUuid(createAccessKey.accessKey.id, 'ACCESS_KEY')!;
  for (const name of [HIDDEN, MISSING]) await w.grant(users.creator!.id, 'CREATE', name);
  await w.grant(users.creator!.id, 'CREATE', tags[3]!);
  await w.grant(users.creator!.id, 'READ', 'another:tag');
  await w.grant(users.seer!.id, 'READ', tags[7]!);
  const { viewer } = await w.admin.get('{ viewer { id } }');
  for (const [name, { id }] of Object.entries({ ...users, admin: viewer })) {
    who.set(name, (await readEntitlementsOf(w.database, 'USER', toUuid(id, 'USER')!))!);
  }
});
afterAll(() => w.close());

/** Returns the rows that the statements of `work` read. Fixed text replaces ids and requested names. */
async function rowsOf(work: (database: Database) => Promise<unknown>): Promise<string[]> {
  const rows: string[] = [];
  await work({
    ...w.database,
    async query<Row>(text: string, params?: readonly unknown[]) {
      const found = await w.database.query<Row>(text, params);
      rows.push(...found.map((row) => JSON.stringify(row)));
      return found;
    },
  });
  const alike = (row: string) =>
    row.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id').replaceAll(MISSING, HIDDEN);
  return rows.map(alike);
}

const viewing = (entitlements: Entitlements) => viewingOf(subjectsOf(entitlements), false, w.clock);
const tagsOf = (entitlements: Entitlements) => entitlements.tagGrants.flatMap(({ tag }) => tag ?? []);
const reads: Record<string, (sql: Sql, of: Entitlements, name: string) => Promise<unknown>> = {
  'read by name': (sql, of, name) => findByNames(sql, viewing(of), [name]),
  'read by name with all deleted secrets': (sql, of, name) =>
    findEverNamed(sql, viewing(of), ['READ'], [name], new Date(0)),
  ...Object.fromEntries(
    [null, ['READ'] as const].flatMap((access) =>
      ['described', 'looked up'].map((tags) => [
        `read together, ${access ? 'to be revealed' : 'masked'}, tags ${tags}`,
        (sql: Sql, of: Entitlements, name: string) => {
          const described = tags === 'described' ? tagsOf(of) : null;
          const { subjects } = viewing(of);
          const read = {
            entitlements: of,
            names: [name],
            subjects,
            access,
            all: false,
            tags: described,
            seeing: described,
          };
          return findNamed(sql, [read], viewing(of));
        },
      ]),
    ),
  ),
};

test.each(Object.entries(reads))(
  'for a hidden secret that is %s, the database statements return the same rows as for a missing secret',
  async (_, read) => {
    for (const name of ['nobody', 'creator']) {
      const of = who.get(name)!;
      const entitlements =
        name === 'creator' ? { ...of, tagGrants: of.tagGrants.filter(({ access }) => access.includes('READ')) } : of;
      expect(await rowsOf((sql) => read(sql, entitlements, HIDDEN))).toEqual(
        await rowsOf((sql) => read(sql, entitlements, MISSING)),
      );
    }
    // If the caller sees the secret, the statement returns all columns. This proves that the comparison above can
    // detect a difference.
    const [shown] = await rowsOf((sql) => read(sql, who.get('seer')!, HIDDEN));
    expect(shown!.length).toBeGreaterThan(10_000);
  },
);

test('when a caller reads a secret by id, the database statements return the same rows for a hidden and for a missing secret, with any name', async () => {
  const read = (id: Uuid) => rowsOf((sql) => findByIds(sql, viewing(who.get('nobody')!), [id], new Date(0)));
  const [hidden, missing] = [await read(hiddenId), await read(newId())];
  expect(hidden.map(({ length }) => length)).toEqual(missing.map(({ length }) => length));
  expect(hidden[0]).not.toContain('vvv');
});

/** The services of one caller. These services have no audit log, so they cannot change any data. */
function servicesOf(database: Database, entitlements: Entitlements) {
  const authorizer = authorizerFor(entitlements, w.clock);
  const needs = { database, authorizer, clock: w.clock, audit: {} as never, budget: unlimited() };
  return {
    groups: groupService(needs),
    users: userService(needs),
    applications: applicationService({ ...needs, keyring: {} as never }),
  };
}

type FindIn = (services: ReturnType<typeof servicesOf>) => Promise<unknown>;
const lookUps: Record<string, () => { hidden: FindIn; missing: FindIn }> = {
  'group by name': () => ({
    hidden: ({ groups }) => groups.findByName(HIDDEN),
    missing: ({ groups }) => groups.findByName(MISSING),
  }),
  'group by id': () => ({
    hidden: ({ groups }) => groups.findById(hiddenIds.group),
    missing: ({ groups }) => groups.findById(newId()),
  }),
  'user by username': () => ({
    hidden: ({ users }) => users.findByUsername('seer'),
    missing: ({ users }) => users.findByUsername('absent'),
  }),
  'user by id': () => ({
    hidden: ({ users }) => users.findById(who.get('seer')!.id),
    missing: ({ users }) => users.findById(newId()),
  }),
  'application by id': () => ({
    hidden: ({ applications }) => applications.findById(hiddenIds.application),
    missing: ({ applications }) => applications.findById(newId()),
  }),
  'application by the id of its key': () => ({
    hidden: ({ applications }) => applications.findByKey(hiddenIds.key),
    missing: ({ applications }) => applications.findByKey(newId()),
  }),
  'application by its tags': () => ({
    hidden: ({ applications }) =>
      applications.tagOwner.requireSeen(toGlobalId('APPLICATION', hiddenIds.application)).catch(() => null),
    missing: ({ applications }) =>
      applications.tagOwner.requireSeen(toGlobalId('APPLICATION', newId())).catch(() => null),
  }),
};

test.each(Object.entries(lookUps))(
  'when a caller reads a hidden %s, the database statements return the same rows as for a missing object',
  async (_, lookUp) => {
    const { hidden, missing } = lookUp();
    const read = (name: string, find: FindIn) => rowsOf((database) => find(servicesOf(database, who.get(name)!)));
    expect(await read('nobody', hidden)).toEqual([]);
    expect(await read('nobody', missing)).toEqual([]);
    // An administrator sees each of these objects.
    expect(await read('admin', hidden)).toHaveLength(1);
  },
);

test('when the gateway refuses to change a hidden application, it does not read the description of the application', async () => {
  const read: string[] = [];
  await w.database.transaction(async (tx) => {
    const watched = {
      ...tx,
      async query<Row>(text: string, params?: readonly unknown[]) {
        const rows = await tx.query<Row>(text, params);
        read.push(...rows.map((row) => JSON.stringify(row)));
        return rows;
      },
    };
    const managed = managedApplications(authorizerFor(who.get('nobody')!, w.clock));
    const which = { id: hiddenIds.application, field: 'id', epoch: false };
    await expect(managed.manage(watched, which, async () => {})).rejects.toThrow(NotFound);
  });
  expect(read).toHaveLength(1);
  expect(read[0]).not.toContain('ddd');
});
