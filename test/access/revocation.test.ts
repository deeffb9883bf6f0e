// A revocation takes effect with the next request on every gateway that uses the database. This includes requests
// with tokens that the gateway issued before the revocation.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, type TestApp, testApp } from '../support/app.ts';
import { restClient } from '../support/rest.ts';
import type { Someone } from '../support/world.ts';
import { type World, world } from '../support/world.ts';
import {
  createKey,
  deleteApplication,
  deleteGroup,
  deleteKey,
  deleteUser,
  removeMembers,
  revoke,
  setKeyActive,
  signIn,
  signInApplication,
  untag,
  updateApplication,
  updateGroup,
  updateUser,
} from './asking.ts';

let w: World;
let second: TestApp;
let count = 0;

beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  second = await testApp({
    databaseUrl: w.databaseUrl,
    keyring: w.keyring,
    adminPassword: w.adminPassword,
    clock: w.clock,
    tokenTtl: 86_400,
  });
});
afterAll(async () => {
  await second.close();
  await w.close();
});

/** Creates a secret with a unique name and tag, and a principal without access to the secret. */
async function scene(kind: 'user' | 'application' = 'user') {
  count += 1;
  const [name, tag] = [`secret_${count}`, `scene:${count}`] as const;
  const secret = await w.secret(name, { tags: [tag] });
  const who = kind === 'user' ? await w.user(`user_${count}`) : await w.application(`application_${count}`);
  return { name, tag, secret, who };
}

/** Returns how both gateways answer a read of a secret by `who`, with the current token of `who`. */
async function reveals(who: Client, name: string): Promise<(string | null)[]> {
  return [await w.reveal(who, name), await w.reveal(second.as(who.token), name)];
}

const GONE = [null, null];
const REFUSED = ['UNAUTHENTICATED', 'UNAUTHENTICATED'];

describe('revocations of access that hide a secret on both gateways', () => {
  type Way = (one: Awaited<ReturnType<typeof scene>>) => Promise<() => Promise<unknown>>;
  const ways: Record<string, Way> = {
    'a grant on the name is revoked': async ({ who, name }) => {
      await w.grant(who.id, 'READ', name);
      return () => revoke(w.admin, who.id, ['READ'], name);
    },
    'a grant on a tag is revoked': async ({ who, tag }) => {
      await w.grant(who.id, ['READ', 'EXECUTE'], tag);
      return () => revoke(w.admin, who.id, [], tag);
    },
    'a grant expires': async ({ who, name }) => {
      await w.grant(who.id, 'READ', name, { expiresAt: w.clock.in({ minutes: 5 }) });
      return async () => w.clock.advance({ minutes: 5 });
    },
    'a grant on a tag expires': async ({ who, tag }) => {
      await w.grant(who.id, 'READ', tag, { expiresAt: w.clock.in({ minutes: 5 }) });
      return async () => w.clock.advance({ minutes: 5 });
    },
    'a tag is removed': async ({ who, name, tag }) => {
      await w.grant(who.id, 'READ', tag);
      return () => untag(w.admin, name, tag);
    },
    'the principal leaves a group': async ({ who, tag }) => {
      const group = await w.group(`left ${tag}`, [who.id]);
      await w.grant(group, 'READ', tag);
      return () => removeMembers(w.admin, group, who.id);
    },
    'a group is deleted': async ({ who, name }) => {
      const group = await w.group(`deleted ${name}`, [who.id]);
      await w.grant(group, 'READ', name);
      return () => deleteGroup(w.admin, group);
    },
    "a group's grant is revoked": async ({ who, tag }) => {
      const group = await w.group(`revoked ${tag}`, [who.id]);
      await w.grant(group, 'READ', tag);
      return () => revoke(w.admin, group, ['READ'], tag);
    },
    'ADMIN is removed': async ({ who }) => {
      await updateUser(w.admin, who.id, { roles: ['ADMIN'] });
      return () => updateUser(w.admin, who.id, { roles: ['USER'] });
    },
    'ADMIN is removed from a group': async ({ who, tag }) => {
      const group = await w.group(`admins ${tag}`, [who.id], { roles: ['ADMIN'] });
      return () => updateGroup(w.admin, group, { roles: [] });
    },
  };
  test.each(Object.entries(ways))('after %s, the secret is hidden again on both gateways', async (_, way) => {
    const one = await scene();
    const takeAway = await way(one);
    expect(await reveals(one.who, one.name)).toEqual([one.secret.value, one.secret.value]);
    await takeAway();
    expect(await reveals(one.who, one.name)).toEqual(GONE);
    expect(await w.sees(one.who, one.name)).toBe(false);
  });
});

test('a user who lost the role AUDITOR cannot read data about other principals on any gateway of the database', async () => {
  const { who, name } = await scene();
  const other = (await scene()).who.id;
  await updateUser(w.admin, who.id, { roles: ['AUDITOR'] });
  const audits = [
    `{ accessEntries(secret: "${name}") { nodes { access } } }`,
    `{ explainAccess(principalId: "${other}", secret: "${name}", access: READ) { allowed } }`,
    `{ simulateAccess(changes: [{ tag: { name: "${name}", tags: [{ key: "a", value: "b" }] } }]) { complete } }`,
  ];
  const codes = () =>
    Promise.all([who, second.as(who.token)].flatMap((one) => audits.map(async (audit) => (await one.ask(audit)).code)));
  expect(await codes()).toEqual(Array.from({ length: 6 }, () => undefined));
  await updateUser(w.admin, who.id, { roles: ['USER'] });
  expect(await codes()).toEqual([0, 1].flatMap(() => ['NOT_FOUND', 'FORBIDDEN', 'NOT_FOUND']));
});

describe('revocations that invalidate a token on both gateways', () => {
  type Way = (who: Someone & Partial<{ keyId: string; password: string }>) => Promise<unknown>;
  const ways: [string, 'user' | 'application', Way][] = [
    ['a user is deactivated', 'user', (who) => updateUser(w.admin, who.id, { active: false })],
    ['a user is deleted', 'user', (who) => deleteUser(w.admin, who.id)],
    ['a password is removed', 'user', (who) => updateUser(w.admin, who.id, { password: null })],
    ['a key is deactivated', 'application', (who) => setKeyActive(w.admin, who.keyId!, false)],
    ['a key is deleted', 'application', (who) => deleteKey(w.admin, who.keyId!)],
    ['an application is deleted', 'application', (who) => deleteApplication(w.admin, who.id)],
  ];
  test.each(ways)('after %s, both gateways refuse the token', async (_, kind, takeAway) => {
    const { who, name, secret } = await scene(kind);
    await w.grant(who.id, 'READ', name);
    expect(await reveals(who, name)).toEqual([secret.value, secret.value]);
    await takeAway(who);
    expect(await reveals(who, name)).toEqual(REFUSED);
    expect((await who.ask('{ viewer { id } }')).code).toBe('UNAUTHENTICATED');
  });

  test('both gateways refuse a token of an expired access key', async () => {
    const { who, name, secret } = await scene('application');
    await w.grant(who.id, 'READ', name);
    const { secret: keySecret, accessKey } = (await createKey(w.admin, who.id, w.clock.in({ minutes: 5 }))).data
      .createAccessKey;
    const { token } = (await signInApplication(w.anonymous, accessKey.id, keySecret)).data.signInApplication;
    expect(await reveals(w.as(token), name)).toEqual([secret.value, secret.value]);
    w.clock.advance({ minutes: 5 });
    expect(await reveals(w.as(token), name)).toEqual(REFUSED);
    expect((await signInApplication(w.anonymous, accessKey.id, keySecret)).code).toBe('UNAUTHENTICATED');
    // The second access key of the application stays valid.
    expect(await reveals(who, name)).toEqual([secret.value, secret.value]);
  });
});

test('if the gateway refuses the token of a request, the answer contains only the error about the token', async () => {
  const { who, name } = await scene();
  const resolve = (payload: unknown) =>
    second.as(who.token).ask('query ($p: JSON!) { resolveReferences(payload: $p) { payload } }', { p: payload });
  const asWho = restClient(second.url, who.token);
  const asked = async () => [
    await second.as(who.token).ask('{ secret(name: "no name at all") { id } }'),
    await resolve('nothing to resolve'),
    await resolve({ a: `\${workflow.secrets.${name}}` }),
    await resolve('${workflow.secrets.not a name}'),
  ];
  const statuses = async () => [
    (await asWho.send('GET', '/secrets/no%20name')).status,
    (await asWho.send('GET', '/secrets/no%20name/exists')).status,
    (await asWho.send('POST', '/payloads/resolve', { payload: 1, other: 1 }, { undocumented: true })).status,
    (await asWho.send('POST', '/payloads/resolve', 'no json', { undocumented: true })).status,
  ];
  expect((await asked()).map(({ code }) => code)).not.toContain('UNAUTHENTICATED');
  expect(await statuses()).not.toContain(401);
  await updateUser(w.admin, who.id, { active: false });
  expect((await asked()).map(({ code }) => code)).toEqual(Array(4).fill('UNAUTHENTICATED'));
  expect(await statuses()).toEqual(Array(4).fill(401));
});

test('after a principal is renamed, both gateways record the new name in audit events', async () => {
  const { who, name } = await scene('application');
  await w.grant(who.id, 'READ', name);
  await reveals(who, name);
  await updateApplication(w.admin, who.id, { name: 'renamed' });
  await reveals(who, name);
  const { auditEvents } = await w.admin.get(
    'query ($n: String!) { auditEvents(first: 4, filter: { secret: $n, actions: [SECRET_REVEAL] }) { nodes { actor { name } } } }',
    { n: name },
  );
  expect(auditEvents.nodes.map(({ actor }: { actor: { name: string } }) => actor.name)).toEqual([
    'renamed',
    'renamed',
    who.name,
    who.name,
  ]);
});

test('a reactivated user can sign in again and still has all grants, but the gateway refuses tokens that it issued before the deactivation', async () => {
  const { name, secret } = await scene();
  const ann = await w.user('ann');
  await w.grant(ann.id, 'READ', name);
  await updateUser(w.admin, ann.id, { active: false });
  expect((await signIn(w.anonymous, 'ann', ann.password)).code).toBe('UNAUTHENTICATED');
  await updateUser(w.admin, ann.id, { active: true });
  expect(await reveals(ann, name)).toEqual(REFUSED);
  const again = await second.signIn('ann', ann.password);
  expect(await reveals(again, name)).toEqual([secret.value, secret.value]);
});

test('a new grant and a new tag take effect with the next request, on both gateways', async () => {
  const { who, name, secret, tag } = await scene();
  expect(await reveals(who, name)).toEqual(GONE);
  await w.grant(who.id, 'READ', tag);
  expect(await reveals(who, name)).toEqual([secret.value, secret.value]);
});

test('if a role allows creating secrets, its removal takes effect with the next request', async () => {
  const ben = await w.user('ben', { roles: ['METADATA_MANAGER'] });
  await w.secret('by_ben', { by: ben });
  await updateUser(w.admin, ben.id, { roles: [] });
  for (const client of [ben, second.as(ben.token)]) {
    const { code } = await client.ask(
      'mutation { createSecret(input: { name: "by_ben_2", value: "x" }) { secret { id } } }',
    );
    expect(code).toBe('FORBIDDEN');
  }
});

test('a user who loses the role AUDITOR cannot read the audit log or the list of users from the next request on', async () => {
  const eve = await w.user('eve', { roles: ['AUDITOR'] });
  await eve.get('{ auditEvents(first: 1) { nodes { id } } users { nodes { id } } }');
  await updateUser(w.admin, eve.id, { roles: [] });
  for (const client of [eve, second.as(eve.token)]) {
    expect((await client.ask('{ auditEvents(first: 1) { nodes { id } } }')).code).toBe('FORBIDDEN');
    expect((await client.ask('{ users { nodes { id } } }')).code).toBe('FORBIDDEN');
  }
});

describe('revocation of access within one request', () => {
  test('if a mutation revokes the access of its caller, the revocation applies to all later mutation fields of the request', async () => {
    const chief = await w.user(`chief_${crypto.randomUUID()}`, { roles: ['ADMIN'] });
    const { data, errors } = await chief.ask(
      `mutation ($me: ID!) {
        first: createGroup(input: { name: "before" }) { group { name } }
        resign: updateUser(input: { id: $me, roles: [] }) { user { roles } }
        after: createGroup(input: { name: "after" }) { group { name } }
      }`,
      { me: chief.id },
    );
    expect(data).toMatchObject({ first: { group: { name: 'before' } }, after: null });
    expect(errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([[['after'], 'FORBIDDEN']]);
  });

  test('if a caller deactivates itself, all later fields of the request fail with UNAUTHENTICATED', async () => {
    const chief = await w.user(`chief_${crypto.randomUUID()}`, { roles: ['ADMIN'] });
    const { data, errors } = await chief.ask(
      `mutation ($me: ID!) {
        leave: updateUser(input: { id: $me, active: false }) { user { active } }
        after: createGroup(input: { name: "too late" }) { group { name } }
      }`,
      { me: chief.id },
    );
    expect(data.after).toBeNull();
    expect(errors.map(({ extensions }) => extensions.code)).toContain('UNAUTHENTICATED');
  });
});
