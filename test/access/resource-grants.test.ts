// Tests grants on resources of a workflow engine, and grants to roles. The gateway manages grants on resources like
// grants on secrets. Grants on resources give no access to secrets.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCESSES } from '../../src/access/policy.ts';
import { RESOURCE_TYPES } from '../../src/access/resource-type.ts';
import type { Access, ResourceType } from '../../src/generated/vocabulary.ts';
import { newId, parseGlobalId, toGlobalId } from '../../src/primitives/ids.ts';
import type { Answer, Client } from '../support/app.ts';
import { asUuid } from '../support/brands.ts';
import { restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeUser, targetInput, type World, world } from '../support/world.ts';
import { deleteUser, refusal } from './asking.ts';

let w: World;
let count = 0;
const fresh = (label: string) => `${label}_${++count}`;
beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
});
afterAll(() => w.close());

const PERMISSION = `permission { id access expiresAt grantedBy { name }
  subject { __typename ... on User { username } ... on Group { name } ... on Application { name } ... on RoleName { name } }
  target { __typename ... on Tag { id } ... on SecretName { name } ... on Resource { type name } } }`;
interface Input {
  subjectId: string;
  target: Record<string, unknown>;
  access: Access[];
  expiresAt?: string;
}
const grant = (who: Client, input: Input): Promise<Answer> =>
  who.ask(`mutation ($i: PermissionInput!) { grantPermission(input: $i) { ${PERMISSION} } }`, { i: input });
const revoke = (who: Client, input: Input): Promise<Answer> =>
  who.ask(`mutation ($i: PermissionInput!) { revokePermission(input: $i) { ${PERMISSION} } }`, { i: input });
const granted = ({ data, errors }: Answer) => {
  expect(errors).toEqual([]);
  return data.grantPermission.permission;
};
const resource = (type: ResourceType, name: string) => ({ resource: { type, name } });
const list = async (who: Client, more: { s?: string; t?: Record<string, unknown> }) => {
  const { permissions } = await who.get(
    `query ($s: ID, $t: PermissionTargetInput) { permissions(subjectId: $s, target: $t, first: 200) { nodes {
       access subject { __typename ... on User { username } ... on RoleName { name } }
       target { __typename ... on Resource { type name } } } } }`,
    more,
  );
  return permissions.nodes;
};

async function roleId(name: string): Promise<string> {
  const { id } = await w.database.prisma.roleDefinition.findFirstOrThrow({ where: { name, deletedAt: null } });
  return toGlobalId('ROLE', asUuid(id));
}

describe('grants on resources of a workflow engine', () => {
  let who: SomeUser;
  beforeAll(async () => {
    who = await w.user(fresh('user'));
  });

  test.each(RESOURCE_TYPES)('a grant on a %s shows its type, name, subject and access', async (type) => {
    const name = fresh('some: name / of');
    const target = resource(type, name);
    const permission = granted(await grant(w.admin, { subjectId: who.id, target, access: ['READ', 'CREATE'] }));
    expect(permission).toEqual({
      id: expect.stringMatching(/^per_/),
      access: ['CREATE', 'READ'],
      expiresAt: null,
      grantedBy: { name: 'Administrator' },
      subject: { __typename: 'User', username: who.name },
      target: { __typename: 'Resource', type, name },
    });
    const node = {
      access: ['CREATE', 'READ'],
      subject: { __typename: 'User', username: who.name },
      target: { __typename: 'Resource', type, name },
    };
    expect(await list(w.admin, { t: target })).toEqual([node]);
    expect(await list(w.admin, { s: who.id })).toEqual([node]);
    expect(await list(who, {})).toEqual([node]);
    // The target consists of a type and a name, so grants on two resource types with the same name are two separate
    // grants.
    const other = RESOURCE_TYPES[(RESOURCE_TYPES.indexOf(type) + 1) % RESOURCE_TYPES.length]!;
    expect(await list(w.admin, { t: resource(other, name) })).toEqual([]);
    expect(await list(w.admin, { t: resource(type, `${name}x`) })).toEqual([]);

    const rest = await revoke(w.admin, { subjectId: who.id, target, access: ['CREATE'] });
    expect(rest.data.revokePermission.permission).toMatchObject({ access: ['READ'] });
    const none = await revoke(w.admin, { subjectId: who.id, target, access: [] });
    expect(none.data.revokePermission.permission).toBeNull();
    expect(await list(w.admin, { s: who.id })).toEqual([]);
  });

  test('only a caller with ADMIN can grant or revoke access on a resource, even if another caller owns a secret with the name of the resource', async () => {
    const [olga, friend] = [await w.user(fresh('olga'), { roles: ['USER'] }), await w.user(fresh('friend'))];
    const { name } = await w.secret(fresh('db'), { by: olga });
    const roles = ['AUDITOR', 'METADATA_MANAGER', 'WORKFLOW_MANAGER', 'APPLICATION_MANAGER'] as const;
    for (const asking of [olga, await w.user(fresh('manager'), { roles: [...roles] })]) {
      for (const type of RESOURCE_TYPES) {
        const input: Input = { subjectId: friend.id, target: resource(type, name), access: ['READ'] };
        const expected = { code: 'FORBIDDEN', field: 'input.target' };
        expect(refusal(await grant(asking, input))).toEqual(expected);
        expect(refusal(await revoke(asking, input))).toEqual(expected);
      }
    }
    expect(await list(w.admin, { s: friend.id })).toEqual([]);
  });

  test('granting access on a resource with an invalid name fails with BAD_USER_INPUT', async () => {
    for (const name of ['', ' x', 'a\nb', 'a\0', 'x'.repeat(1_001), '\u{1f600}'.repeat(501)]) {
      const answer = await grant(w.admin, { subjectId: 'usr_x', target: resource('TASK_DEF', name), access: ['READ'] });
      expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', field: 'input.target.resource.name' });
    }
    const listing = await w.admin.ask(
      '{ permissions(target: { resource: { type: TASK_DEF, name: "" } }) { nodes { id } } }',
    );
    expect(refusal(listing)).toEqual({ code: 'BAD_USER_INPUT', field: 'target.resource.name' });
  });

  test('a grant on a resource does not invalidate cached entitlements', async () => {
    const epoch = async () => (await w.database.query('SELECT epoch FROM access_epoch'))[0];
    const before = await epoch();
    for (const type of RESOURCE_TYPES) {
      const input: Input = { subjectId: who.id, target: resource(type, 'x'), access: ['READ'] };
      await grant(w.admin, input);
      await revoke(w.admin, input);
    }
    expect(await epoch()).toEqual(before);
    await w.grant(who.id, 'READ', 'env:prod');
    expect(await epoch()).not.toEqual(before);
    await w.revoke(who.id, 'env:prod');
  });

  test('when a user, group or application is deleted, its grants on resources end', async () => {
    const gone = await w.user(fresh('gone'));
    const target = resource('WORKFLOW_DEF', fresh('flow'));
    granted(await grant(w.admin, { subjectId: gone.id, target, access: ['READ'] }));
    await deleteUser(w.admin, gone.id);
    expect(await list(w.admin, { t: target })).toEqual([]);
  });

  test('the audit events of a secret do not include the event of a grant on a resource with the name of the secret', async () => {
    const name = fresh('db');
    granted(await grant(w.admin, { subjectId: who.id, target: resource('TASK_DEF', name), access: ['READ'] }));
    const about =
      'query ($s: String) { auditEvents(filter: { secret: $s }, first: 5) { nodes { action subject { kind name } changes } } }';
    expect((await w.admin.get(about, { s: name })).auditEvents.nodes).toEqual([]);
    const [event] = (await w.admin.get(about)).auditEvents.nodes;
    expect(event).toMatchObject({
      action: 'PERMISSION_GRANT',
      subject: { kind: 'PERMISSION', name: `TASK_DEF/${name}` },
      changes: { target: { kind: 'TASK_DEF', text: name }, access: ['READ'] },
    });
  });
});

describe('grants on resources to a role', () => {
  test('the list of grants shows grants to a role on resources with the name of the role, and an administrator can revoke them', async () => {
    const subjectId = await roleId('WORKER');
    const target = resource('TASK_DEF', fresh('task'));
    const permission = granted(await grant(w.admin, { subjectId, target, access: ['EXECUTE'] }));
    expect(permission.subject).toEqual({ __typename: 'RoleName', name: 'WORKER' });
    const node = { access: ['EXECUTE'], subject: { __typename: 'RoleName', name: 'WORKER' } };
    expect(await list(w.admin, { t: target })).toMatchObject([node]);
    expect(await list(w.admin, { s: subjectId })).toMatchObject([node]);
    const nodeOf = await w.admin.get(
      'query ($i: ID!) { node(id: $i) { ... on Permission { subject { __typename } } } }',
      {
        i: permission.id,
      },
    );
    expect(nodeOf.node.subject.__typename).toBe('RoleName');
    // A principal with a role does not see grants to the role among its own grants.
    expect(await list(await w.user(fresh('worker'), { roles: ['WORKER'] }), { t: target })).toEqual([]);
    await revoke(w.admin, { subjectId, target, access: [] });
    expect(await list(w.admin, { s: subjectId })).toEqual([]);
  });

  test('listing forty grants to a role takes no more database statements than listing three grants', async () => {
    const roles = await w.database.prisma.roleDefinition.findMany({ where: { system: true } });
    for (const { id } of roles) {
      for (const name of ['a', 'b', 'c', 'd'])
        await grant(w.admin, {
          subjectId: toGlobalId('ROLE', asUuid(id)),
          target: resource('WEBHOOK', name),
          access: ['READ'],
        });
    }
    const cost = async (first: number) => {
      const start = w.database.statements();
      const { permissions } = await w.admin.get(
        `query ($f: Int!) { permissions(first: $f) { nodes { subject { ... on RoleName { name } } target { ... on Resource { type name } } } } }`,
        { f: first },
      );
      expect(permissions.nodes).toHaveLength(first);
      return w.database.statements() - start;
    };
    expect(await cost(40)).toBe(await cost(3));
  });

  test('a role cannot receive a grant on a secret or a tag', async () => {
    for (const subjectId of [await roleId('ADMIN'), await roleId('WORKER'), toGlobalId('ROLE', newId())]) {
      for (const on of ['db', 'env:prod']) {
        const input: Input = { subjectId, target: targetInput(on), access: ['READ'] };
        const expected = { code: 'BAD_USER_INPUT', field: 'input.subjectId' };
        expect(refusal(await grant(w.admin, input))).toEqual(expected);
        expect(refusal(await revoke(w.admin, input))).toEqual(expected);
      }
    }
  });

  test('the database rejects a grant to a role on a secret', async () => {
    const { uuid } = parseGlobalId(await roleId('WORKER'))!;
    for (const targetKind of ['SECRET', 'TAG']) {
      const data = { id: newId(), subjectKind: 'ROLE', subjectId: uuid, targetKind, target: 'a:b', access: ['READ'] };
      await expect(
        w.database.prisma.permission.create({ data: { ...data, validFrom: w.clock.now() } }),
      ).rejects.toThrow();
    }
  });

  test('granting access to a missing role fails with NOT_FOUND', async () => {
    const target = resource('TASK_DEF', 'x');
    const answer = await grant(w.admin, { subjectId: toGlobalId('ROLE', newId()), target, access: ['READ'] });
    expect(refusal(answer)).toEqual({ code: 'NOT_FOUND', field: 'input.subjectId' });
  });
});

describe('grants on resources give no access to secrets', () => {
  const ways = ['itself', 'its group', 'a role it has', 'a custom role it has', 'a role its group has'] as const;

  /**
   * A principal with grants of all accesses on targets of every type except secrets and tags. Some grants are to the
   * user, some to a group of the user, and some to a role of the user.
   */
  async function holder(way: (typeof ways)[number], names: readonly string[]): Promise<SomeUser> {
    const who = await w.user(fresh('holder'), { roles: way === 'a role it has' ? ['WORKER', 'METADATA_API'] : [] });
    const { uuid } = parseGlobalId(who.id)!;
    let subjects = [who.id];
    if (way === 'its group') subjects = [await w.group(fresh('group'), [who.id])];
    if (way === 'a role it has') subjects = [await roleId('WORKER'), await roleId('METADATA_API')];
    if (way === 'a role its group has') {
      await w.group(fresh('group'), [who.id], { roles: ['WORKFLOW_MANAGER'] });
      subjects = [await roleId('WORKFLOW_MANAGER')];
    }
    if (way === 'a custom role it has') {
      const id = newId();
      const now = w.clock.now();
      const permissions = ACCESSES.map((access) => `${access}_WORKFLOW_DEF`);
      const name = fresh('SECRET_KEEPER');
      await w.database.prisma.roleDefinition.create({ data: { id, name, permissions, system: false, createdAt: now } });
      await w.database.prisma.customRoleAssignment.create({
        data: { id: newId(), subjectKind: 'USER', subjectId: uuid, roleId: id, validFrom: now },
      });
      subjects = [toGlobalId('ROLE', asUuid(id))];
    }
    for (const subjectId of subjects) {
      for (const type of RESOURCE_TYPES) {
        const each = names.map((name) => ({ subjectId, target: resource(type, name), access: [...ACCESSES] }));
        const mutation = `mutation (${each.map((_, i) => `$i${i}: PermissionInput!`)}) {
          ${each.map((_, i) => `g${i}: grantPermission(input: $i${i}) { permission { access } }`).join('\n')} }`;
        const data = await w.admin.get(mutation, Object.fromEntries(each.map((input, i) => [`i${i}`, input])));
        for (const i of each.keys()) expect(data[`g${i}`].permission.access).toEqual(ACCESSES);
      }
    }
    return who;
  }

  test.each(ways)(
    'if %s has all accesses on resources of every type with the name and tags of a secret, the grants give no access to the secret',
    async (way) => {
      const tags = ['env:prod', 'TASK_DEF:db'] as const;
      const { name, id } = await w.secret(fresh('db'), { tags: [...tags] });
      const later = fresh('later');
      const who = await holder(way, [name, later, id, ...tags, `SECRET_NAME:${name}`, 'env']);
      const rest = restClient(w.url, who.token);

      expect(await w.reveal(who, name)).toBeNull();
      expect(await w.sees(who, name)).toBe(false);
      const {
        secrets,
        tags: shownTags,
        node,
      } = await who.get('query ($i: ID!) { secrets { nodes { name } } tags { nodes { id } } node(id: $i) { id } }', {
        i: id,
      });
      expect([secrets.nodes, shownTags.nodes, node]).toEqual([[], [], null]);
      expect((await rest.send('GET', `/secrets/${name}`)).status).toBe(404);
      expect((await rest.send('GET', `/secrets/${name}/exists`)).json).toBe(false);
      expect((await rest.send('GET', '/secrets?access=CREATE')).json).toEqual([]);
      expect((await rest.send('POST', '/secrets')).json).toEqual([]);

      const refused = async (mutation: string) => (await who.ask(`mutation { ${mutation} { __typename } }`)).code;
      expect(await refused(`rotateSecret(input: { name: "${name}", generate: {} })`)).toBe('NOT_FOUND');
      expect(await refused(`updateSecret(input: { name: "${name}", description: "x" })`)).toBe('NOT_FOUND');
      expect(await refused(`deleteSecret(name: "${name}")`)).toBe('NOT_FOUND');
      expect(await refused(`untagSecret(name: "${name}", tags: [{ key: "env", value: "prod" }])`)).toBe('NOT_FOUND');
      expect(
        await refused(`createSecret(input: { name: "${later}", value: "x", tags: [{ key: "env", value: "prod" }] })`),
      ).toBe('FORBIDDEN');
      const share: Input = { subjectId: who.id, target: targetInput(name), access: ['READ'] };
      expect(refusal(await grant(who, share)).code).toBe('NOT_FOUND');
      expect(
        (await rest.send('PUT', `/secrets/${later}`, sentinel(), { headers: { 'content-type': 'text/plain' } })).status,
      ).toBe(403);

      const none = Object.fromEntries(ACCESSES.map((access) => [access, false]));
      const admin = restClient(w.url, w.admin.token);
      for (const asking of [rest, admin]) {
        for (const target of [
          `SECRET_NAME&id=${name}`,
          `SECRET_NAME&id=${later}`,
          'TAG&id=env%3Aprod',
          'TAG&id=TASK_DEF%3Adb',
        ])
          expect((await asking.send('GET', `/users/${who.name}/checkPermissions?type=${target}`)).json).toEqual(none);
      }
      expect((await admin.send('GET', `/auth/authorization/SECRET_NAME/${name}?groupBy=subject`)).json).toEqual({
        'USER:admin': [...ACCESSES],
      });
    },
  );

  test('if a tag is added to a resource with the name of a secret, the tag gives no access to the secret', async () => {
    const who = await w.user(fresh('user'));
    const { name } = await w.secret(fresh('db'));
    await w.grant(who.id, [...ACCESSES], 'tag:elsewhere');
    await w.database.prisma.resourceTag.createMany({
      data: RESOURCE_TYPES.map((kind) => ({
        ...{ id: newId(), kind, resource: name, tag: 'tag:elsewhere', validFrom: w.clock.now() },
      })),
    });
    expect(await w.reveal(who, name)).toBeNull();
    expect(await w.sees(who, name)).toBe(false);
    const rest = restClient(w.url, who.token);
    expect((await rest.send('GET', '/secrets')).json).toEqual([]);
    const checked = await rest.send('GET', `/users/${who.name}/checkPermissions?type=SECRET_NAME&id=${name}`);
    expect(Object.values(checked.json)).toEqual(ACCESSES.map(() => false));
  });
});
