// No caller can increase its own access by its own changes, neither directly nor through another principal. No caller
// can grant access that the caller lacks.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Access, Role } from '../../src/generated/vocabulary.ts';
import type { Client } from '../support/app.ts';
import { restClient } from '../support/rest.ts';
import { type SomeUser, type World, world } from '../support/world.ts';
import {
  addMembers,
  createApplication,
  createGroup,
  createKey,
  createUser,
  deleteApplication,
  deleteKey,
  deleteSecret,
  grant,
  refusal,
  removeMembers,
  revoke,
  setKeyActive,
  signInApplication,
  tag,
  updateApplication,
  updateGroup,
  updateUser,
} from './asking.ts';

let w: World;
let uma: SomeUser;
let friend: SomeUser;
let count = 0;
/** A secret name and a tag that only this test uses. */
const fresh = () => {
  count += 1;
  return { name: `secret_${count}`, label: `tag:${count}` as const };
};
const ESCALATION_OF_ACCESS = { code: 'ESCALATION', field: 'input.access' };
const ESCALATION_BY_TAGS = { code: 'ESCALATION', field: 'tags' };

beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  uma = await w.user('uma', { roles: ['USER'] });
  friend = await w.user('friend');
});
afterAll(() => w.close());

/** Creates an application as `who`, and returns a client that uses the application's token. */
async function applicationOf(who: Client, name: string, roles: Role[] = []): Promise<Client & { id: string }> {
  const { id } = (await createApplication(who, name, roles)).data.createApplication.application;
  return { ...(await asApplication(who, id)), id };
}

async function asApplication(who: Client, id: string): Promise<Client> {
  const { secret, accessKey } = (await createKey(who, id)).data.createAccessKey;
  return w.as((await signInApplication(w.anonymous, accessKey.id, secret)).data.signInApplication.token);
}

/** Creates a secret on which `who` has the requested access. */
async function secretFor(id: string, access: Access[], more: { expiresAt?: string } = {}) {
  const { name, label } = fresh();
  const secret = await w.secret(name);
  if (access.length > 0) await w.grant(id, access, name, more);
  return { ...secret, label };
}

describe('limits on granting access', () => {
  test('a caller cannot grant access that the caller lacks, neither to the caller nor to its groups, its applications or other principals', async () => {
    const { name } = await secretFor(uma.id, ['UPDATE', 'EXECUTE']);
    const group = await w.group('of uma', [uma.id]);
    const application = await applicationOf(uma, 'app of uma');
    for (const subject of [friend.id, uma.id, group, application.id]) {
      for (const access of [
        ['READ'],
        ['DELETE'],
        ['CREATE'],
        ['UPDATE', 'READ'],
        ['EXECUTE', 'CREATE'],
      ] as Access[][]) {
        expect(refusal(await grant(uma, subject, access, name))).toEqual(ESCALATION_OF_ACCESS);
      }
      expect((await grant(uma, subject, ['UPDATE', 'EXECUTE'], name)).code).toBeUndefined();
    }
    expect(await w.reveal(uma, name)).toBe('FORBIDDEN');
    expect(await w.reveal(application, name)).toBe('FORBIDDEN');
  });

  test('a caller cannot grant access for longer than the caller has the access, not even to itself', async () => {
    const { name } = await secretFor(uma.id, ['UPDATE', 'READ'], { expiresAt: w.clock.in({ hours: 2 }) });
    for (const subject of [friend.id, uma.id]) {
      expect(refusal(await grant(uma, subject, ['READ'], name))).toEqual(ESCALATION_OF_ACCESS);
      const late = { expiresAt: w.clock.in({ hours: 3 }) };
      expect(refusal(await grant(uma, subject, ['READ'], name, late))).toEqual(ESCALATION_OF_ACCESS);
      const early = { expiresAt: w.clock.in({ hours: 1 }) };
      expect((await grant(uma, subject, ['READ'], name, early)).code).toBeUndefined();
    }
    w.clock.advance({ hours: 1 });
    expect(await w.sees(friend, name)).toBe(false);
    w.clock.advance({ hours: 1 });
    expect(await w.sees(uma, name)).toBe(false);
  });

  test('a caller who has an access through several grants may grant this access until the latest expiry of the grants', async () => {
    const expiresAt = w.clock.in({ hours: 5 });
    const { name, label } = await secretFor(uma.id, ['UPDATE', 'READ'], { expiresAt: w.clock.in({ hours: 2 }) });
    await tag(w.admin, name, label);
    await w.grant(uma.id, 'READ', label, { expiresAt });
    expect((await grant(uma, friend.id, ['READ'], name, { expiresAt })).code).toBeUndefined();
    expect(refusal(await grant(uma, friend.id, ['UPDATE'], name, { expiresAt }))).toEqual(ESCALATION_OF_ACCESS);
  });

  test('a caller without UPDATE on a secret cannot grant any access on the secret, even if the caller has every other access', async () => {
    const { name } = await secretFor(uma.id, ['CREATE', 'READ', 'DELETE', 'EXECUTE']);
    expect((await grant(uma, friend.id, ['READ'], name)).code).toBe('FORBIDDEN');
    expect((await revoke(uma, friend.id, ['READ'], name)).code).toBe('FORBIDDEN');
  });

  test('only a caller with ADMIN can grant or revoke access on a tag, even if another caller has every access to all secrets with the tag', async () => {
    const { label } = fresh();
    await w.grant(uma.id, ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'], label);
    expect(refusal(await grant(uma, friend.id, ['READ'], label))).toEqual({ code: 'FORBIDDEN', field: 'input.target' });
    expect(refusal(await revoke(uma, uma.id, ['READ'], label))).toEqual({ code: 'FORBIDDEN', field: 'input.target' });
  });

  test('only a caller with ADMIN can grant access on a name that no secret uses', async () => {
    expect(refusal(await grant(uma, friend.id, ['READ'], 'not_there_yet'))).toEqual({
      code: 'NOT_FOUND',
      field: 'input.target.secret',
    });
  });

  test('if a caller without ADMIN grants access on the name of a secret, the grant gives no access to a later secret with the same name', async () => {
    for (const purge of [false, true]) {
      const { name } = fresh();
      await w.secret(name, { by: uma });
      await grant(uma, friend.id, ['READ', 'UPDATE'], name);
      await deleteSecret(uma, name, purge);
      const later = await w.secret(name);
      expect(await w.sees(friend, name)).toBe(false);
      expect(await w.sees(uma, name)).toBe(false);
      await deleteSecret(w.admin, later.name);
      expect(await w.sees(friend, name)).toBe(false);
    }
  });

  test('the creator of a secret receives no access to an earlier, deleted secret with the same name', async () => {
    const { name } = fresh();
    const first = await w.secret(name);
    await deleteSecret(w.admin, name);
    await w.grant(uma.id, 'CREATE', name);
    await w.secret(name, { by: uma });
    await deleteSecret(uma, name);
    const restore = await uma.ask('mutation ($i: ID!) { restoreSecret(id: $i) { secret { id } } }', { i: first.id });
    expect(refusal(restore)).toEqual({ code: 'NOT_FOUND', field: 'id' });
  });
});

describe('limits on adding tags', () => {
  test('a request that adds several tags fails as a whole if one of the tags would give the caller more access', async () => {
    const { name, label } = await secretFor(uma.id, ['UPDATE']);
    await w.grant(uma.id, 'READ', label);
    expect(refusal(await tag(uma, name, label))).toEqual(ESCALATION_BY_TAGS);
    expect(refusal(await tag(uma, name, 'harm:less', label))).toEqual(ESCALATION_BY_TAGS);
    expect(await w.reveal(uma, name)).toBe('FORBIDDEN');
    expect((await tag(uma, name, 'harm:less')).data.tagSecret.secret.tags).toEqual([{ id: 'harm:less' }]);
  });

  test('a caller cannot add a tag that would give the caller access through a group, or access with a later expiry', async () => {
    const { name, label } = await secretFor(uma.id, ['UPDATE', 'READ'], { expiresAt: w.clock.in({ hours: 2 }) });
    await w.grant(uma.id, 'READ', label, { expiresAt: w.clock.in({ hours: 3 }) });
    expect(refusal(await tag(uma, name, label))).toEqual(ESCALATION_BY_TAGS);
    const other = await secretFor(uma.id, ['UPDATE']);
    await w.grant(await w.group('taggers', [uma.id]), 'DELETE', other.label);
    expect(refusal(await tag(uma, other.name, other.label))).toEqual(ESCALATION_BY_TAGS);
  });

  test("a caller may add a tag if the caller's grants on the tag have expired or give only access that the caller already has, including CREATE", async () => {
    const { name, label } = await secretFor(uma.id, ['UPDATE', 'READ', 'CREATE']);
    await w.grant(uma.id, ['READ', 'CREATE'], label, { expiresAt: w.clock.in({ hours: 1 }) });
    expect((await tag(uma, name, label)).code).toBeUndefined();
    const other = await secretFor(uma.id, ['UPDATE']);
    await w.grant(uma.id, 'READ', other.label, { expiresAt: w.clock.in({ hours: 1 }) });
    w.clock.advance({ hours: 1 });
    expect((await tag(uma, other.name, other.label)).code).toBeUndefined();
    expect(await w.reveal(uma, other.name)).toBe('FORBIDDEN');
  });

  test('an administrator may add any tag to a secret', async () => {
    const { name, label } = await secretFor(uma.id, ['UPDATE']);
    await w.grant(uma.id, 'READ', label);
    expect((await tag(w.admin, name, label)).code).toBeUndefined();
  });

  test('a caller cannot add a tag that would give more access to an application that the caller created', async () => {
    const { name, label } = await secretFor(uma.id, ['UPDATE']);
    const application = await applicationOf(uma, 'reader');
    await w.grant(application.id, 'READ', label);
    expect(refusal(await tag(uma, name, label))).toEqual(ESCALATION_BY_TAGS);
    expect(await w.reveal(application, name)).toBeNull();
  });

  test("a caller cannot add a tag that would give the caller's application more or longer access through a group or another application", async () => {
    const { name, label } = await secretFor(uma.id, ['UPDATE']);
    const application = await applicationOf(uma, 'member');
    await w.grant(await w.group('of applications', [application.id]), 'EXECUTE', label);
    expect(refusal(await tag(uma, name, label))).toEqual(ESCALATION_BY_TAGS);

    const timed = await secretFor(uma.id, ['UPDATE', 'READ'], { expiresAt: w.clock.in({ hours: 1 }) });
    await w.grant(application.id, 'READ', timed.label, { expiresAt: w.clock.in({ hours: 2 }) });
    expect(refusal(await tag(uma, timed.name, timed.label))).toEqual(ESCALATION_BY_TAGS);

    const deep = await secretFor(uma.id, ['UPDATE']);
    const maker = await applicationOf(uma, 'maker', ['APPLICATION_CREATOR']);
    const made = await applicationOf(maker, 'made');
    await w.grant(made.id, 'READ', deep.label);
    expect(refusal(await tag(uma, deep.name, deep.label))).toEqual(ESCALATION_BY_TAGS);
  });

  test("a caller may add a tag that gives access only to applications of other users, or only access that the caller's application already has", async () => {
    const { name, label } = await secretFor(uma.id, ['UPDATE']);
    const application = await applicationOf(uma, 'has it');
    await w.grant(application.id, 'READ', name);
    await w.grant(application.id, 'READ', label);
    expect((await tag(uma, name, label)).code).toBeUndefined();

    const other = await secretFor(uma.id, ['UPDATE']);
    await w.grant((await w.application('of the administrator')).id, 'READ', other.label);
    expect((await tag(uma, other.name, other.label)).code).toBeUndefined();
  });

  test('if a caller cannot create an access key for an application, the caller cannot add a tag that gives the caller the access of this application', async () => {
    const { name, label } = await secretFor(uma.id, ['UPDATE']);
    const application = (await createApplication(uma, 'too strong')).data.createApplication.application;
    await updateApplication(w.admin, application.id, { roles: ['AUDITOR'] });
    await w.grant(application.id, 'READ', name);
    await w.grant(uma.id, 'READ', label);
    expect(refusal(await tag(uma, name, label))).toEqual(ESCALATION_BY_TAGS);
    // The caller may add a tag that gives no principal additional access.
    expect((await tag(uma, name, 'some:thing')).code).toBeUndefined();
  });

  test('a caller with APPLICATION_MANAGER cannot add a tag that would give any application more access', async () => {
    const manager = await w.user('manager', { roles: ['APPLICATION_MANAGER'] });
    const { name, label } = await secretFor(manager.id, ['UPDATE']);
    await w.grant((await w.application('anyone')).id, 'READ', label);
    expect(refusal(await tag(manager, name, label))).toEqual(ESCALATION_BY_TAGS);
    const grouped = await w.user('grouped');
    await w.group('managers', [grouped.id], { roles: ['APPLICATION_MANAGER'] });
    await w.grant(grouped.id, 'UPDATE', name);
    expect(refusal(await tag(grouped, name, label))).toEqual(ESCALATION_BY_TAGS);
  });

  test('an application cannot add a tag that would give its creator or another application of its creator more access', async () => {
    const application = await applicationOf(uma, 'arm');
    const { name, label } = await secretFor(application.id, ['UPDATE']);
    await w.grant(uma.id, 'READ', label);
    expect(refusal(await tag(application, name, label))).toEqual(ESCALATION_BY_TAGS);
    expect(await w.sees(uma, name)).toBe(false);

    const second = await secretFor(application.id, ['UPDATE']);
    const other = await applicationOf(uma, 'other arm');
    await w.grant(other.id, 'READ', second.label);
    expect(refusal(await tag(application, second.name, second.label))).toEqual(ESCALATION_BY_TAGS);
  });

  test('an application cannot add a tag that would give the application access that only its creator has', async () => {
    const application = await applicationOf(uma, 'servant');
    const { name, label } = await secretFor(application.id, ['UPDATE']);
    await w.grant(uma.id, 'READ', name);
    await w.grant(application.id, 'READ', label);
    expect(refusal(await tag(application, name, label))).toEqual(ESCALATION_BY_TAGS);
  });

  test('an application that an administrator created may add a tag only if the application already has all access that the tag would give to the application', async () => {
    const application = await w.application('tagger');
    const { name, label } = await secretFor(application.id, ['UPDATE']);
    expect((await tag(application, name, label)).code).toBeUndefined();
  });
});

describe('creation of secrets with CREATE', () => {
  test('CREATE on a name or a tag allows a caller to create and own only secrets with this name or tag', async () => {
    const { name, label } = fresh();
    await w.grant(friend.id, 'CREATE', label);
    const create = (tags: string[]) =>
      friend.ask('mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { viewerAccess } } }', {
        i: { name, value: 'x', tags: tags.map((text) => ({ key: text.split(':')[0], value: text.split(':')[1] })) },
      });
    expect(refusal(await create([]))).toEqual({ code: 'FORBIDDEN', field: 'input.name' });
    expect(refusal(await create(['another:tag']))).toEqual({ code: 'FORBIDDEN', field: 'input.name' });
    const { viewerAccess } = (await create([label])).data.createSecret.secret;
    expect(viewerAccess).toEqual(['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE']);
  });
});

describe('protection of groups and users', () => {
  test('only a caller with ADMIN can add members to groups and give roles to groups', async () => {
    const group = await w.group('closed', [], { roles: ['ADMIN'] });
    const application = await applicationOf(uma, 'joiner');
    const manager = await w.user('group-manager', { roles: ['AUDITOR', 'APPLICATION_MANAGER', 'METADATA_MANAGER'] });
    for (const who of [uma, friend, application, manager]) {
      const answers = [
        await addMembers(who, group, uma.id),
        await addMembers(who, group, application.id),
        await removeMembers(who, group, uma.id),
        await createGroup(who, { name: 'mine', roles: ['ADMIN'] }),
        await updateGroup(who, group, { roles: [] }),
        await updateUser(who, uma.id, { roles: ['ADMIN'] }),
        await updateUser(who, uma.id, { active: true }),
        await createUser(who, { username: 'mallory', name: 'x', roles: ['ADMIN'], password: 'long enough' }),
      ];
      expect(answers.map(({ code }) => code)).toEqual(answers.map(() => 'FORBIDDEN'));
    }
  });
});

describe('protection of applications', () => {
  const BEYOND: Role[] = [
    'ADMIN',
    'AUDITOR',
    'USER',
    'METADATA_MANAGER',
    'WORKFLOW_MANAGER',
    'USER_READ_ONLY',
    'APPLICATION_MANAGER',
    'UNRESTRICTED_WORKER',
    'WORKFLOW_ENGINE',
  ];
  const ESCALATION_OF_ROLES = { code: 'ESCALATION', field: 'input.roles' };

  test('an application manager may give WORKER, METADATA_API and APPLICATION_CREATOR to an application, and no other role', async () => {
    const manager = await w.user('am', {
      roles: ['APPLICATION_MANAGER', ...BEYOND.filter((role) => role === 'AUDITOR')],
    });
    for (const who of [uma, manager]) {
      const free: Role[] = ['WORKER', 'METADATA_API', 'APPLICATION_CREATOR'];
      const { id } = (await createApplication(who, 'free', free)).data.createApplication.application;
      for (const role of BEYOND) {
        expect(refusal(await createApplication(who, 'strong', [role]))).toEqual(ESCALATION_OF_ROLES);
        expect(refusal(await updateApplication(who, id, { roles: [...free, role] }))).toEqual(ESCALATION_OF_ROLES);
      }
      expect((await updateApplication(who, id, { roles: [] })).data.updateApplication.application.roles).toEqual([]);
    }
  });

  test('an application manager cannot remove roles from an application that the manager is not allowed to give', async () => {
    const { id } = (await createApplication(uma, 'given')).data.createApplication.application;
    await updateApplication(w.admin, id, { roles: ['USER', 'AUDITOR'] });
    expect(refusal(await updateApplication(uma, id, { roles: ['USER'] }))).toEqual(ESCALATION_OF_ROLES);
    expect(refusal(await updateApplication(uma, id, { roles: [] }))).toEqual(ESCALATION_OF_ROLES);
    const kept = await updateApplication(uma, id, { roles: ['AUDITOR', 'USER', 'WORKER'], description: 'kept' });
    expect(kept.data.updateApplication.application.roles).toEqual(['AUDITOR', 'USER', 'WORKER']);
  });

  test('a caller cannot create or activate an access key for an application that has a role that the caller lacks, directly or through a group', async () => {
    const manager = await w.user('am2', { roles: ['APPLICATION_MANAGER'] });
    const direct = (await createApplication(uma, 'direct')).data.createApplication.application.id;
    const grouped = (await createApplication(uma, 'grouped')).data.createApplication.application.id;
    const keys: string[] = [];
    for (const id of [direct, grouped]) keys.push((await createKey(uma, id)).data.createAccessKey.accessKey.id);
    await updateApplication(w.admin, direct, { roles: ['AUDITOR'] });
    await setKeyActive(w.admin, keys[1]!, false);
    await w.group('strong', [grouped], { roles: ['ADMIN'] });
    for (const who of [uma, manager]) {
      for (const [i, id] of [direct, grouped].entries()) {
        expect(refusal(await createKey(who, id))).toEqual({ code: 'ESCALATION', field: 'applicationId' });
        // If an application has ADMIN, only a caller with ADMIN can change the application or deactivate its access keys.
        const stopped = id === direct ? undefined : 'ESCALATION';
        expect((await setKeyActive(who, keys[i]!, false)).code).toBe(stopped);
        expect(refusal(await setKeyActive(who, keys[i]!, true))).toEqual({ code: 'ESCALATION', field: 'keyId' });
      }
    }
    expect((await setKeyActive(w.admin, keys[0]!, true)).code).toBeUndefined();
    expect((await createKey(w.admin, grouped)).code).toBeUndefined();
  });

  test('only a caller with ADMIN can change an application that has ADMIN directly or through a group, both in GraphQL and in REST', async () => {
    const manager = await w.user('am3', { roles: ['APPLICATION_MANAGER'] });
    for (const way of ['itself', 'group'] as const) {
      const { id } = (await createApplication(uma, `powerful ${way}`)).data.createApplication.application;
      const keyId = (await createKey(w.admin, id)).data.createAccessKey.accessKey.id;
      if (way === 'itself') await updateApplication(w.admin, id, { roles: ['ADMIN'] });
      else await w.group('powerful', [id], { roles: ['ADMIN'] });
      for (const who of [uma, manager]) {
        const refused = [
          await updateApplication(who, id, { name: 'renamed' }),
          await updateApplication(who, id, { description: 'described' }),
          await updateApplication(who, id, { roles: ['WORKER'] }),
          await setKeyActive(who, keyId, false),
          await deleteKey(who, keyId),
          await createKey(who, id),
          await deleteApplication(who, id),
        ];
        expect(refused.map(({ code }) => code)).toEqual(refused.map(() => 'ESCALATION'));
        const rest = restClient(w.url, who.token);
        const tags = [{ key: 'a', value: 'b' }];
        const answers = [
          await rest.send('PUT', `/applications/${id}`, { name: 'renamed' }),
          await rest.send('POST', `/applications/${id}/roles/WORKER`),
          await rest.send('DELETE', `/applications/${id}/roles/ADMIN`),
          await rest.send('PUT', `/applications/${id}/tags`, tags),
          await rest.send('DELETE', `/applications/${id}/tags`, tags),
          await rest.send('POST', `/applications/${id}/accessKeys/${keyId}/status`),
          await rest.send('DELETE', `/applications/${id}/accessKeys/${keyId}`),
          await rest.send('DELETE', `/applications/${id}`),
        ];
        expect(answers.map(({ status, json }) => [status, json.code])).toEqual(answers.map(() => [403, 'ESCALATION']));
      }
      expect((await setKeyActive(w.admin, keyId, false)).code).toBeUndefined();
      expect((await updateApplication(w.admin, id, { name: 'renamed' })).code).toBeUndefined();
    }
  });

  test('an application manager who has all roles of an application may create access keys for the application', async () => {
    const { id } = (await createApplication(uma, 'equal')).data.createApplication.application;
    await updateApplication(w.admin, id, { roles: ['USER', 'WORKER'] });
    expect((await createKey(uma, id)).code).toBeUndefined();
  });

  test('an application with APPLICATION_CREATOR cannot give a new application more access than the creating application has', async () => {
    const maker = await applicationOf(uma, 'maker 2', ['APPLICATION_CREATOR']);
    expect(refusal(await createApplication(maker, 'child', ['USER']))).toEqual(ESCALATION_OF_ROLES);
    const child = (await createApplication(maker, 'child', ['APPLICATION_CREATOR'])).data.createApplication.application;
    await updateApplication(w.admin, child.id, { roles: ['ADMIN'] });
    expect(refusal(await createKey(maker, child.id))).toEqual({ code: 'ESCALATION', field: 'applicationId' });
  });
});

test('an application cannot add a tag that would give more access to the user who created its access key, even if a different user created the application', async () => {
  const manager = await w.user('manager of applications', { roles: ['APPLICATION_MANAGER'] });
  const { name, label } = await secretFor(uma.id, []);
  await w.grant(manager.id, 'READ', label);
  const application = (await createApplication(w.admin, 'made by another', [])).data.createApplication.application;
  await w.grant(application.id, 'UPDATE', name);
  const through = await asApplication(manager, application.id);
  expect(refusal(await tag(through, name, label))).toEqual(ESCALATION_BY_TAGS);
  expect(await w.reveal(manager, name)).toBeNull();
});

describe('an application with a custom role that the gateway itself does not use', () => {
  /**
   * The manager has UPDATE on a secret, and READ on a tag that the secret lacks. The manager's application has READ
   * on the secret. The manager cannot create an access key for the application.
   */
  const circle = async (manager: SomeUser, makes: Client, giveRole: (id: string) => Promise<unknown>) => {
    const { name, label } = await secretFor(manager.id, ['UPDATE']);
    const { id } = (await createApplication(makes, 'engine')).data.createApplication.application;
    await w.grant(id, 'READ', name);
    await w.grant(manager.id, 'READ', label);
    await giveRole(id);
    expect(refusal(await createKey(manager, id))).toEqual({ code: 'ESCALATION', field: 'applicationId' });
    expect(refusal(await tag(manager, name, label))).toEqual(ESCALATION_BY_TAGS);
    expect(await w.reveal(manager, name)).toBe('FORBIDDEN');
    return { id, name, label };
  };
  const asAdmin = () => restClient(w.url, w.admin.token);
  const roleOf = (id: string, role: string) => asAdmin().send('POST', `/applications/${id}/roles/${role}`);
  let manager: SomeUser;
  beforeAll(async () => {
    manager = await w.user('manager of engines', { roles: ['APPLICATION_MANAGER'] });
    await asAdmin().send('POST', '/roles', { name: 'engine', permissions: ['READ_WORKFLOW_DEF'] });
  });

  test('if an application has a custom role that its creator lacks, the access of the application does not count as access of its creator', () =>
    circle(uma, uma, (id) => roleOf(id, 'engine')));
  test('if an application has an engine role that its creator lacks, the access of the application does not count as access of its creator', () =>
    circle(uma, uma, (id) => roleOf(id, 'PROMPT_MANAGER')));
  test('if an application has a role through a group and its creator lacks this role, the access of the application does not count as access of its creator', () =>
    circle(uma, uma, async (id) => {
      await w.group('engines', [id]);
      await asAdmin().send('PUT', '/groups/engines', { description: 'of engines', roles: ['engine'] });
    }));
  test('if an application has a custom role that an application manager lacks, the access of the application does not count as access of the manager', () =>
    circle(manager, w.admin, (id) => roleOf(id, 'engine')));

  test('if the creator of an application has the custom role of the application, the access of the application counts as access of its creator', async () => {
    const { id, name, label } = await circle(uma, uma, (of) => roleOf(of, 'engine'));
    await asAdmin().send('PUT', '/users/uma', { name: 'uma', roles: ['USER', 'engine'] });
    expect((await createKey(uma, id)).code).toBeUndefined();
    expect((await tag(uma, name, label)).code).toBeUndefined();
    await asAdmin().send('PUT', '/users/uma', { name: 'uma', roles: ['USER'] });
  });
});
