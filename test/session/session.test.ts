// Tests the session of a request: when the session confirms entitlements, and which operations the session refuses
// before the confirmation.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { simulationQueues } from '../../src/access-audit/simulation/simulation-queue.ts';
import { logVerifier } from '../../src/audit/audit-verification.ts';
import { BadInput, Unauthenticated } from '../../src/errors.ts';
import { parseGlobalId } from '../../src/primitives/ids.ts';
import { entitlementCache } from '../../src/principals/entitlement-cache.ts';
import { namedSecrets } from '../../src/secrets/named-secrets.ts';
import { secretValues } from '../../src/secrets/secret-values.ts';
import { Session, type SessionRequest } from '../../src/session/session.ts';
import type { SessionDeps } from '../../src/session/session-deps.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let ann: SomeUser;
let deps: SessionDeps;
let request: SessionRequest;
beforeAll(async () => {
  w = await world();
  ann = await w.user('ann', { roles: ['USER'] });
  await w.secret('db', { value: 'value of db', tags: ['team:red'] });
  await w.secret('other', { tags: ['team:red'] });
  await w.grant(ann.id, ['READ'], 'team:red');
});
afterAll(() => w.close());
beforeEach(() => {
  const cache = entitlementCache(w);
  const { database, stream, keyring, clock } = w;
  deps = {
    database,
    stream,
    keyring,
    clock,
    values: secretValues(keyring),
    entitlementCache: cache,
    named: namedSecrets({ database, entitlementCache: cache, clock }),
    verifyLog: logVerifier({ database, keyring }),
    simulationQueues: simulationQueues(),
  };
  request = { requestId: 'r', address: '127.0.0.1', headers: {} };
});

function sessionOf({ id, token = '' }: SomeUser): Session {
  const [head, body] = token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  const claims = {
    kind: 'USER' as const,
    id: parseGlobalId(id)!.uuid,
    generation: body.gen,
    accessKeyId: undefined,
    kid: head.kid,
  };
  return new Session(request, { claims, payload: {} }, deps);
}

async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  const before = w.database.statements();
  await work();
  return w.database.statements() - before;
}

test('before its entitlements are confirmed, a session refuses every operation except reads of secrets by name and lists of secrets', async () => {
  const session = sessionOf(ann);
  expect(() => session.authorizer).toThrow('before its entitlements were confirmed');
  expect(() => session.audit).toThrow('before its entitlements were confirmed');
  expect(() => session.secrets).toThrow('before its entitlements were confirmed');
  expect(() => session.users).toThrow('before its entitlements were confirmed');
  await expect(session.secretReader.listTags(null, { first: 1 })).rejects.toThrow(
    'before its entitlements were confirmed',
  );
  await expect(session.payloads.check('${workflow.secrets.db}')).rejects.toThrow('before its entitlements were');
  expect(request.principal).toBeUndefined();
});

test('a read of a secret by name also confirms the entitlements, and no additional statement is necessary', async () => {
  await deps.entitlementCache.cached(sessionOf(ann).token.claims);
  const session = sessionOf(ann);
  const find = () => session.confirmedByRead(() => session.secretReader.find('db', false));
  expect(await statementsOf(find)).toBe(1);
  expect(request.principal).toBe(ann.id);
  expect(session.authorizer.entitlements.name).toBe('ann');
  expect(await statementsOf(() => session.confirm())).toBe(0);
});

test('a list of secrets also confirms the entitlements, and no additional statement is necessary', async () => {
  await deps.entitlementCache.cached(sessionOf(ann).token.claims);
  const session = sessionOf(ann);
  const list = () => session.confirmedByRead(() => session.secretReader.listNames({}, 'NAME_ASC', { first: 50 }));
  expect(await statementsOf(list)).toBe(1);
  expect(request.principal).toBe(ann.id);
  expect(await statementsOf(() => session.secretReader.list({}, 'NAME_ASC', { first: 50 }))).toBe(1);
});

test('a list of secrets does not contain the secrets that the caller saw through a role that the caller has lost', async () => {
  const zoe = await w.user('zoe', { roles: ['ADMIN'] });
  const namesFor = async (who: SomeUser) => {
    const session = sessionOf(who);
    const [full, names] = [
      await session.secretReader.list({}, 'NAME_ASC', { first: 50 }),
      await sessionOf(who).secretReader.listNames({}, 'NAME_ASC', { first: 50 }),
    ];
    expect(names.nodes.map(({ name }) => name)).toEqual(full.nodes.map(({ name }) => name));
    expect(session.authorizer.isAdmin).toBe(full.nodes.length > 0);
    return names.nodes.map(({ name }) => name);
  };
  expect(await namesFor(zoe)).toEqual(['db', 'other']);
  // This change happens in another gateway process, so the cache of this process still has the role.
  await w.admin.get('mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }', {
    i: { id: zoe.id, roles: ['USER'] },
  });
  expect(await namesFor(zoe)).toEqual([]);
});

test('several confirmations of one session send one database statement', async () => {
  await deps.entitlementCache.cached(sessionOf(ann).token.claims);
  const session = sessionOf(ann);
  expect(await statementsOf(() => Promise.all([session.confirm(), session.confirm()]))).toBe(1);
  expect(await statementsOf(() => session.confirm())).toBe(0);
  expect(await statementsOf(() => session.recheck())).toBe(1);
});

test('if the token of a caller was revoked, the caller does not receive an error that occurred before the read by name', async () => {
  const bob = await w.user('bob', { roles: ['USER'] });
  const session = sessionOf(bob);
  await deps.entitlementCache.cached(session.token.claims);
  const fails = async () => {
    throw new BadInput('key', 'a name');
  };
  await expect(session.confirmedByRead(fails)).rejects.toBeInstanceOf(BadInput);
  await w.admin.get('mutation ($i: ID!) { deleteUser(id: $i) { id } }', { i: bob.id });
  await expect(sessionOf(bob).confirmedByRead(fails)).rejects.toBeInstanceOf(Unauthenticated);
});

test('checking the entitlements of a session again creates new services with the new entitlements', async () => {
  const eve = await w.user('eve', { roles: ['ADMIN'] });
  const session = sessionOf(eve);
  await session.confirm();
  const before = session.groups;
  expect(session.groups).toBe(before);
  await w.admin.get('mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }', {
    i: { id: eve.id, roles: ['USER'] },
  });
  await session.recheck();
  expect(session.groups).not.toBe(before);
  expect(session.authorizer.isAdmin).toBe(false);
});

test('the gateway decides about a secret that it reads by name with the entitlements of this read, and decides about the rest of the query with the first entitlements of the query', async () => {
  const session = sessionOf(ann);
  await session.confirm();
  const first = session.authorizer;
  const db = await session.secretReader.find('db', true);
  await w.revoke(ann.id, 'team:red');
  // The read finds the secret hidden, because the revocation has already taken effect.
  expect(await session.secretReader.find('other', true)).toBeNull();
  expect(session.authorizer).toBe(first);
  expect(session.secretReader.paths(db!)).toHaveLength(1);

  const late = sessionOf(ann);
  await w.grant(ann.id, ['EXECUTE'], 'team:red');
  await late.confirm();
  await w.revoke(ann.id, 'team:red');
  await w.grant(ann.id, ['READ'], 'team:red');
  const readable = await late.secretReader.find('db', true);
  expect(late.authorizer.allows('READ', readable!)).toBe(false);
  expect((await late.secretReader.reveal(readable!, null)).expose()).toBe('value of db');
});

test('confirming the entitlements of a session without a valid token throws an error, and the session contains no token claims', async () => {
  const session = new Session(request, new Unauthenticated('MISSING'), deps);
  await expect(session.confirm()).rejects.toBeInstanceOf(Unauthenticated);
  await expect(session.recheck()).rejects.toBeInstanceOf(Unauthenticated);
  await expect(session.confirmedByRead(async () => 1)).rejects.toBeInstanceOf(Unauthenticated);
  expect(() => session.token).toThrow(Unauthenticated);
  expect(() => session.secrets).toThrow('before its entitlements were confirmed');
});
