// Tests the REST operations on roles: predefined roles, and custom roles for workflow engines.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, type GraphQLEnumType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../audit/events.ts';
import { type RestAnswer, type RestClient, restClient } from '../support/rest.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let admin: RestClient;
let ann: SomeUser;
let asAnn: RestClient;
beforeAll(async () => {
  w = await world();
  admin = restClient(w.url, w.admin.token);
  ann = await w.user('ann', { roles: ['USER', 'APPLICATION_MANAGER'] });
  asAnn = restClient(w.url, ann.token);
});
afterAll(() => w.close());

const schema = buildSchema(readFileSync(join(import.meta.dirname, '../../schema.graphql'), 'utf8'));
const ENUM = (schema.getType('Role') as GraphQLEnumType).getValues().map(({ name }) => name);

const create = (who: RestClient, name: unknown, permissions: unknown = ['READ_WORKFLOW_DEF']) =>
  who.send('POST', '/roles', { name, permissions });
const update = (who: RestClient, name: string, body: object) =>
  who.send('PUT', `/roles/${encodeURIComponent(name)}`, body);
const read = (who: RestClient, name: string) => who.send('GET', `/roles/${encodeURIComponent(name)}`);
const remove = (who: RestClient, name: string) => who.send('DELETE', `/roles/${encodeURIComponent(name)}`);
const names = (list: { name: string }[]) => list.map(({ name }) => name);
const refusal = ({ status, json }: RestAnswer) => ({ status, code: json.code, path: json.validationErrors?.[0].path });
const ok = (answer: RestAnswer) => {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  return answer.json;
};
const rolesOf = async (who: RestClient, path: string): Promise<string[]> =>
  names(ok(await who.send('GET', path)).roles);

describe('REST: reading roles', () => {
  test('the REST answer about system roles is an object that contains every role of the schema and every role for workflow engines, by role name', async () => {
    const system = ok(await asAnn.send('GET', '/roles/system'));
    expect(Object.keys(system).sort()).toEqual([...ENUM, 'PROMPT_MANAGER'].sort());
    expect(system.WORKER).toEqual({ name: 'WORKER', permissions: [] });
    expect(system.METADATA_API).toEqual({
      name: 'METADATA_API',
      permissions: [
        { name: 'CREATE_TASK_DEF' },
        { name: 'CREATE_WORKFLOW_DEF' },
        { name: 'CREATE_USER_FORM_TEMPLATE' },
      ],
    });
  });

  test('every authenticated caller can read system roles and custom roles', async () => {
    ok(await create(admin, 'deployer', ['READ_WORKFLOW_DEF', 'EXECUTE_WORKFLOW_DEF']));
    const deployer = {
      name: 'deployer',
      permissions: [{ name: 'READ_WORKFLOW_DEF' }, { name: 'EXECUTE_WORKFLOW_DEF' }],
    };
    const nobody = restClient(w.url, (await w.user('nobody')).token);
    for (const who of [nobody, asAnn, admin]) {
      expect(ok(await read(who, 'deployer'))).toEqual(deployer);
      expect(ok(await who.send('GET', '/roles/custom'))).toEqual([deployer]);
      const all = ok(await who.send('GET', '/roles'));
      expect(names(all)).toEqual([...ENUM, 'PROMPT_MANAGER', 'deployer'].sort());
      expect(ok(await read(who, 'ADMIN')).permissions).toContainEqual({ name: 'ADMIN_MANAGEMENT' });
    }
    expect((await restClient(w.url, undefined).send('GET', '/roles')).status).toBe(401);
  });

  test('the REST answer about the permissions of roles is an object by permission name, and contains no permission on secrets', async () => {
    const permissions = ok(await asAnn.send('GET', '/roles/permissions'));
    expect(permissions).toMatchObject({
      READ_WORKFLOW_DEF: { name: 'READ_WORKFLOW_DEF' },
      DELETE_ENV_VARIABLE: { name: 'DELETE_ENV_VARIABLE' },
      CREATE_USER: { name: 'CREATE_USER' },
      WORKFLOW_SEARCH: { name: 'WORKFLOW_SEARCH' },
    });
    expect(Object.keys(permissions).filter((name) => /SECRET|TAG/.test(name))).toEqual([]);
  });

  test('reading an unknown role, in upper or lower case, fails with 404, and the error contains the name of the role', async () => {
    for (const name of ['no such role', 'admin', 'x'.repeat(3_000), 'a\0b']) {
      const answer = await read(asAnn, name);
      expect(refusal(answer)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      expect(answer.json.message).toContain(name);
    }
  });
});

describe('REST: custom roles', () => {
  test('REST accepts a list of permissions, a single permission or no permission for a custom role, and stores each permission once', async () => {
    expect(ok(await create(admin, 'one alone', 'READ_TASK_DEF')).permissions).toEqual([{ name: 'READ_TASK_DEF' }]);
    expect(ok(await create(admin, 'none', [])).permissions).toEqual([]);
    expect(ok(await admin.send('POST', '/roles', { name: 'left out' })).permissions).toEqual([]);
    const twice = ['READ_TASK_DEF', 'READ_PROMPT', 'READ_TASK_DEF'];
    expect(ok(await create(admin, 'twice', twice)).permissions).toEqual([
      { name: 'READ_TASK_DEF' },
      { name: 'READ_PROMPT' },
    ]);
  });

  test.each([
    ['workflow:read', 'permissions.1'],
    ['read_workflow_def', 'permissions.1'],
    ['READ_', 'permissions.1'],
    ['ADMIN', 'permissions.1'],
    ['READ_NOTHING', 'permissions.1'],
    ['READ_SECRET', 'permissions.1'],
    ['EXECUTE_SECRET_NAME', 'permissions.1'],
    ['CREATE_SECRET', 'permissions.1'],
    ['READ_TAG', 'permissions.1'],
    ['MANAGE_SECRET', 'permissions.1'],
    [7, 'permissions.1'],
  ])('REST rejects a custom role with the permission %s', async (permission, path) => {
    const answer = await create(admin, 'wrong', ['READ_WORKFLOW_DEF', permission]);
    expect(refusal(answer)).toEqual({ status: 400, code: 'BAD_USER_INPUT', path });
    ok(await create(admin, 'right', []));
    const changed = await update(admin, 'right', { permissions: ['READ_WORKFLOW_DEF', permission] });
    expect(refusal(changed)).toEqual({ status: 400, code: 'BAD_USER_INPUT', path });
    ok(await remove(admin, 'right'));
    expect((await read(admin, 'wrong')).status).toBe(404);
  });

  test.each([
    ['', 'name'],
    [' x', 'name'],
    ['x'.repeat(256), 'name'],
    ['system', 'name'],
    ['Permissions', 'name'],
    [null, 'name'],
    [7, 'name'],
  ])('REST rejects a custom role with the name %j', async (name, path) => {
    expect(refusal(await create(admin, name))).toEqual({ status: 400, code: 'BAD_USER_INPUT', path });
  });

  test('creating a role with a taken name or with the name of a system role, in upper or lower case, fails with NAME_TAKEN', async () => {
    ok(await create(admin, 'Taken'));
    for (const name of ['ADMIN', 'admin', 'Worker', 'prompt_manager', 'Taken']) {
      expect(refusal(await create(admin, name))).toEqual({ status: 409, code: 'NAME_TAKEN', path: undefined });
    }
    ok(await create(admin, 'taken'));
    const answers = await Promise.all(Array.from({ length: 4 }, () => create(admin, 'race')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
  });

  test('a PUT of a custom role does not change permissions that the body omits, and cannot change the name', async () => {
    ok(await create(admin, 'changing', ['READ_PROMPT', 'READ_SCHEMA']));
    expect(ok(await update(admin, 'changing', { name: 'changing' })).permissions).toHaveLength(2);
    const body = { name: 'changing', permissions: ['READ_SCHEMA', 'UPDATE_SCHEMA'] };
    expect(ok(await update(admin, 'changing', body))).toEqual({
      name: 'changing',
      permissions: [{ name: 'READ_SCHEMA' }, { name: 'UPDATE_SCHEMA' }],
    });
    expect(refusal(await update(admin, 'changing', { name: 'other' }))).toEqual({
      status: 400,
      code: 'BAD_USER_INPUT',
      path: 'name',
    });
    const [event] = await eventsOf(w.admin, { actions: ['ROLE_UPDATE'] });
    expect(event).toMatchObject({
      outcome: 'DONE',
      subject: { kind: 'ROLE', id: expect.stringMatching(/^rol_/), name: 'changing' },
      changes: { added: ['UPDATE_SCHEMA'], removed: ['READ_PROMPT'] },
    });
  });

  test('REST refuses to change or delete a system role, and responds with 404 if the role is missing', async () => {
    const before = ok(await admin.send('GET', '/roles/system'));
    for (const name of ['ADMIN', 'WORKER', 'PROMPT_MANAGER']) {
      expect(refusal(await update(admin, name, { permissions: [] }))).toMatchObject({ status: 409, code: 'CONFLICT' });
      expect(refusal(await remove(admin, name))).toMatchObject({ status: 409, code: 'CONFLICT' });
    }
    expect(ok(await admin.send('GET', '/roles/system'))).toEqual(before);
    for (const answer of [await update(admin, 'absent', { permissions: [] }), await remove(admin, 'absent')]) {
      expect(refusal(answer)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      expect(answer.json.message).toContain('absent');
    }
  });

  test('only callers with ADMIN can change roles; REST gives all other callers the same recorded refusal for existing and missing roles', async () => {
    ok(await create(admin, 'guarded'));
    const auditor = restClient(w.url, (await w.user('auditor', { roles: ['AUDITOR'] })).token);
    for (const who of [asAnn, auditor]) {
      const answers = [
        await create(who, 'mine'),
        await create(who, 'guarded', ['READ_SECRET']),
        await update(who, 'guarded', { permissions: [] }),
        await update(who, 'absent', { permissions: [] }),
        await remove(who, 'guarded'),
        await remove(who, 'absent'),
      ];
      for (const answer of answers) {
        expect(refusal(answer)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
        expect(answer.json).not.toHaveProperty('error');
      }
    }
    const refused = await eventsOf(w.admin, { actorId: ann.id, outcome: 'REFUSED' });
    expect(names(refused.map(({ action }) => ({ name: action })))).toEqual([
      ...['ROLE_DELETE', 'ROLE_DELETE', 'ROLE_UPDATE', 'ROLE_UPDATE', 'ROLE_CREATE', 'ROLE_CREATE'],
    ]);
  });
});

describe('REST: assignments of custom roles', () => {
  test('a custom role can be assigned to users, groups and applications in addition to system roles, and allows nothing in the gateway itself', async () => {
    ok(await create(admin, 'boss', ['ADMIN_MANAGEMENT', 'USER_MANAGEMENT', 'CREATE_APPLICATION']));
    const bea = await w.user('bea');
    const app = await w.application('bee');
    await w.secret('out_of_reach');
    ok(await admin.send('PUT', '/users/bea', { name: 'Bea', roles: ['boss', 'WORKER', 'PROMPT_MANAGER'] }));
    ok(await admin.send('PUT', '/groups/bees', { description: 'b', roles: ['boss'] }));
    ok(await admin.send('POST', '/groups/bees/users/bea'));
    ok(await admin.send('POST', `/applications/${app.id}/roles/boss`));

    expect(await rolesOf(admin, '/users/bea')).toEqual(['PROMPT_MANAGER', 'WORKER', 'boss']);
    expect(await rolesOf(admin, '/groups/bees')).toEqual(['boss']);
    expect(await rolesOf(admin, `/users/app:${app.id}`)).toEqual(['boss']);
    for (const who of [bea, app]) {
      expect(await w.sees(who, 'out_of_reach')).toBe(false);
      expect((await who.ask('{ users { nodes { id } } }')).code).toBe('FORBIDDEN');
      expect((await restClient(w.url, who.token).send('POST', '/applications', { name: 'x' })).status).toBe(403);
      expect((await who.get('{ viewer { ... on User { roles } ... on Application { roles } } }')).viewer.roles).toEqual(
        who === bea ? ['WORKER'] : [],
      );
    }
    const rows = await w.database.query('SELECT DISTINCT role FROM role_assignments');
    expect(rows.map((row) => (row as { role: string }).role).filter((role) => !ENUM.includes(role))).toEqual([]);
  });

  test("if GraphQL changes the roles of a user, the user's custom role remains; if a REST request omits the custom role, it is removed", async () => {
    ok(await create(admin, 'staying'));
    ok(await admin.send('PUT', '/users/cy', { name: 'Cy', roles: ['staying', 'USER'] }));
    const { user } = await w.admin.get('{ user(username: "cy") { id roles } }');
    expect(user.roles).toEqual(['USER']);
    await w.admin.get('mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }', {
      i: { id: user.id, roles: ['AUDITOR'] },
    });
    expect(await rolesOf(admin, '/users/cy')).toEqual(['AUDITOR', 'staying']);
    ok(await admin.send('PUT', '/users/cy', { name: 'Cy', roles: 'AUDITOR' }));
    expect(await rolesOf(admin, '/users/cy')).toEqual(['AUDITOR']);
  });

  test('deleting a custom role ends its assignments and grants, preserves their rows in the database, and makes the name available again', async () => {
    ok(await create(admin, 'passing'));
    const app = await w.application('passing app');
    ok(await admin.send('PUT', '/users/dee', { name: 'Dee', roles: ['passing'] }));
    ok(await admin.send('PUT', '/groups/dees', { description: 'd', roles: ['passing'] }));
    ok(await admin.send('POST', `/applications/${app.id}/roles/passing`));
    const grant = {
      subject: { type: 'ROLE', id: 'passing' },
      target: { type: 'WORKFLOW_DEF', id: 'flow' },
      access: ['READ'],
    };
    ok(await admin.send('POST', '/auth/authorization', grant));

    expect(ok(await remove(admin, 'passing'))).toEqual({ message: "Deleted role 'passing'" });
    for (const path of ['/users/dee', '/groups/dees', `/users/app:${app.id}`])
      expect(await rolesOf(admin, path)).toEqual([]);
    expect((await read(admin, 'passing')).status).toBe(404);
    const [ended] = await w.database.query(
      `SELECT (SELECT count(*)::int FROM custom_role_assignments c JOIN role_definitions d ON d.id = c.role_id
         WHERE d.name = 'passing' AND c.valid_to IS NOT NULL) AS roles,
         (SELECT count(*)::int FROM permissions p JOIN role_definitions d ON d.id = p.subject_id
         WHERE d.name = 'passing' AND p.valid_to IS NOT NULL) AS grants`,
    );
    expect(ended).toEqual({ roles: 3, grants: 1 });
    const [event] = await eventsOf(w.admin, { actions: ['ROLE_DELETE'], outcome: 'DONE' });
    expect(event).toMatchObject({ subject: { kind: 'ROLE', name: 'passing' }, changes: { holders: 3 } });

    ok(await create(admin, 'passing'));
    expect(await rolesOf(admin, '/users/dee')).toEqual([]);
  });

  test('if a custom role is assigned and deleted at the same moment, no principal has the role afterwards', async () => {
    for (let i = 0; i < 5; i += 1) {
      const name = `fleeting ${i}`;
      ok(await create(admin, name));
      const [given, deleted] = await Promise.all([
        admin.send('PUT', '/users/eve', { name: 'Eve', roles: [name] }),
        remove(admin, name),
      ]);
      expect(deleted.status).toBe(200);
      expect([200, 400]).toContain(given.status);
      const left = await w.database.query(
        `SELECT 1 FROM custom_role_assignments c JOIN role_definitions d ON d.id = c.role_id WHERE d.name = $1 AND c.valid_to IS NULL`,
        [name],
      );
      expect(left).toEqual([]);
    }
  });

  test('the assignment of a custom role ends when its user, group or application is deleted', async () => {
    ok(await create(admin, 'held'));
    const app = await w.application('holder');
    ok(await admin.send('PUT', '/users/fay', { name: 'Fay', roles: ['held'] }));
    ok(await admin.send('PUT', '/groups/fays', { description: 'f', roles: ['held'] }));
    ok(await admin.send('POST', `/applications/${app.id}/roles/held`));
    for (const path of ['/users/fay', '/groups/fays', `/applications/${app.id}`]) ok(await admin.send('DELETE', path));
    const rows = await w.database.query(
      `SELECT c.subject_kind AS kind, c.valid_to IS NULL AS current FROM custom_role_assignments c
       JOIN role_definitions d ON d.id = c.role_id WHERE d.name = 'held' ORDER BY 1`,
    );
    expect(rows).toEqual(['APPLICATION', 'GROUP', 'USER'].map((kind) => ({ kind, current: false })));
  });
});

test.each(['ＡＤＭＩＮ', 'AD\u200bMIN', '.', '..'])('REST rejects the role name %j', async (name) => {
  const { status, json } = await create(admin, name);
  expect({ status, path: json.validationErrors?.[0].path }).toEqual({ status: 400, path: 'name' });
});
