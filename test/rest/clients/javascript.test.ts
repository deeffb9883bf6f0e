// Calls every method of the secret, authorization and application classes of the JavaScript client against a running
// gateway.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { remember, sentinel } from '../../support/sentinel.ts';
import { type SomeApplication, type World, world } from '../../support/world.ts';
import { type ConductorClient, connectConductor, MAJORS, type Major } from './conductor-client.ts';

const ALL = ['CREATE', 'DELETE', 'EXECUTE', 'READ', 'UPDATE'];

describe.each(Object.keys(MAJORS) as Major[])('tests of the JavaScript client %s', (major) => {
  let w: World;
  /** A caller who is an administrator. */
  let operator: SomeApplication;
  let conductor: ConductorClient;
  /** A caller who has no permissions. */
  let nobody: SomeApplication;
  let refused: ConductorClient;
  /** The client's types allow only a single role, and no list of roles. */
  const roles = (...names: string[]) => names as unknown as 'USER';
  /** The clients that the tests opened. The tests close these clients at the end. */
  const open: ConductorClient[] = [];
  const connect = async (key: { keyId: string; keySecret: string }, path = '', fetch?: typeof globalThis.fetch) => {
    const client = await connectConductor(major, {
      serverUrl: `${w.url}${path}`,
      keyId: key.keyId,
      keySecret: key.keySecret,
      ...(fetch && { fetch }),
    });
    open.push(client);
    return client;
  };

  beforeAll(async () => {
    w = await world({ tokenTtl: 86_400 });
    operator = await w.application('operator', { roles: ['ADMIN'] });
    nobody = await w.application('nobody');
    conductor = await connect(operator);
    refused = await connect(nobody);
  });
  afterAll(async () => {
    for (const client of open) client.close();
    await w.close();
  });

  const asUser = (application: { id: string }) => ({ type: 'USER', id: `app:${application.id}` }) as const;
  type Grant = Parameters<ConductorClient['authorization']['grantPermissions']>[0];
  const request = (
    subject: Grant['subject'],
    type: Grant['target']['type'],
    id: string,
    ...access: Grant['access']
  ): Grant => ({ subject, target: { type, id: id as Grant['target']['id'] }, access });

  test.each(['', '/', '/api', '/api/'])(
    'the JavaScript client reaches the gateway if its server address ends with "%s"',
    async (path) => {
      const client = await connect(operator, path);
      const value = sentinel();
      await client.secrets.putSecret('found', value);
      expect(await client.secrets.getSecret('found')).toBe(value);
    },
  );

  describe('secrets with the JavaScript client', () => {
    test.each([
      ['plain', 'hunter2'],
      ['empty', ''],
      ['quoted', '"hunter2"'],
      ['with quotes', 'say "hi"'],
      ['JSON', '{"user":"ann","password":"\\"x\\""}'],
      ['a JSON list', '[1,2]'],
      ['digits', '007'],
      ['a number', '12.50'],
      ['true', 'true'],
      ['null', 'null'],
      ['emoji', 'pässwörd 🔑'],
      ['white space', '  \t a\r\nb\n'],
      ['backslashes', 'C:\\new\\u0041'],
      ['the longest', 'x'.repeat(65_535)],
      ['the longest, each character escaped', '"'.repeat(65_535)],
    ])('the JavaScript client reads exactly the secret value that it stored: %s', async (_, value) => {
      await conductor.secrets.putSecret('kept', value);
      const got = await conductor.secrets.getSecret('kept');
      expect(got === value).toBe(true);
    });

    test('putSecret fails with a value of more than 65,535 characters, and the error names the value', async () => {
      await expect(conductor.secrets.putSecret('longer', 'x'.repeat(65_536))).rejects.toThrow(
        "Failed to put secret 'longer': value: at most 65535 characters",
      );
      expect(await conductor.secrets.listAllSecretNames()).not.toContain('longer');
    });

    test('listAllSecretNames and listSecretsThatUserCanGrantAccessTo list the visible secrets', async () => {
      const seen = await w.application('lister');
      await w.secret('list_1');
      await w.secret('list_2', { tags: ['kind:list'] });
      await w.grant(seen.id, 'READ', 'list_1');
      await w.grant(seen.id, 'EXECUTE', 'kind:list');
      const { secrets } = await connect(seen);
      expect(await secrets.listAllSecretNames()).toEqual(['list_1', 'list_2']);
      expect(await secrets.listSecretsThatUserCanGrantAccessTo()).toEqual(['list_1']);
      expect(await conductor.secrets.listAllSecretNames()).toEqual(expect.arrayContaining(['list_1', 'list_2']));
      expect(await refused.secrets.listAllSecretNames()).toEqual([]);
    });

    test('secretExists is true for an existing secret', async () => {
      await conductor.secrets.putSecret('there', sentinel());
      expect(await conductor.secrets.secretExists('there')).toBe(true);
      // This client returns true for every answer, even if the secret is missing and the gateway answers `false`.
      expect(await conductor.secrets.secretExists('not-there')).toBe(true);
    });

    test('setSecretTags, getSecretTags and deleteSecretTags change the tags of a secret', async () => {
      const { secrets } = conductor;
      await secrets.putSecret('tagged', sentinel());
      expect(await secrets.getSecretTags('tagged')).toEqual([]);
      const tags = [
        { key: 'env', value: 'prod' },
        { key: 'team', value: 'post' },
      ];
      await secrets.setSecretTags(tags, 'tagged');
      expect(await secrets.getSecretTags('tagged')).toEqual(tags);
      await secrets.setSecretTags([{ key: 'env', value: 'dev' }], 'tagged');
      expect(await secrets.getSecretTags('tagged')).toEqual([{ key: 'env', value: 'dev' }, tags[1]]);
      await secrets.deleteSecretTags([{ key: 'env', value: 'dev' }], 'tagged');
      expect(await secrets.getSecretTags('tagged')).toEqual([tags[1]]);
      await expect(refused.secrets.getSecretTags('tagged')).rejects.toThrow('No such secret: tagged.');
      await expect(refused.secrets.setSecretTags(tags, 'tagged')).rejects.toThrow('No such secret: tagged.');
      await expect(refused.secrets.deleteSecretTags(tags, 'tagged')).rejects.toThrow('No such secret: tagged.');
    });

    test('deleteSecret deletes a secret', async () => {
      const { secrets } = conductor;
      await secrets.putSecret('gone', sentinel());
      await secrets.deleteSecret('gone');
      await expect(secrets.getSecret('gone')).rejects.toThrow("Failed to get secret 'gone': No such secret: gone.");
      await expect(secrets.deleteSecret('gone')).rejects.toThrow('No such secret: gone.');
      expect(await secrets.listAllSecretNames()).not.toContain('gone');
    });

    test('a JavaScript client without permissions cannot read, write or delete a secret', async () => {
      const value = sentinel();
      await conductor.secrets.putSecret('guarded', value);
      const { secrets } = refused;
      await expect(secrets.getSecret('guarded')).rejects.toThrow("Failed to get secret 'guarded': No such secret");
      await expect(secrets.deleteSecret('guarded')).rejects.toThrow('No such secret: guarded.');
      await expect(secrets.putSecret('guarded', sentinel())).rejects.toThrow('To create this secret');
      expect(await conductor.secrets.getSecret('guarded')).toBe(value);
    });
  });

  describe('users, groups and grants with the JavaScript client', () => {
    test('upsertUser, getUser, listUsers and deleteUser manage a user', async () => {
      const { authorization } = conductor;
      const id = 'john@acme.example';
      const made = await authorization.upsertUser(id, { name: 'John', roles: roles('USER', 'METADATA_MANAGER') });
      expect(made).toMatchObject({ id, name: 'John', applicationUser: false, groups: [] });
      expect(made.roles?.map(({ name }) => name).sort()).toEqual(['METADATA_MANAGER', 'USER']);
      expect(await authorization.getUser(id)).toEqual(made);
      expect(await authorization.listUsers()).toContainEqual(made);

      // A single role instead of a list. The tests of the client itself also send a single role.
      const changed = await authorization.upsertUser(id, { name: 'John Doe', roles: 'USER' });
      expect([changed.name, changed.roles?.map(({ name }) => name)]).toEqual(['John Doe', ['USER']]);

      await authorization.deleteUser(id);
      await expect(authorization.getUser(id)).rejects.toThrow(`No such user: ${id}.`);
      await expect(authorization.deleteUser(id)).rejects.toThrow(`No such user: ${id}.`);
      expect((await authorization.listUsers()).map((user) => user.id)).not.toContain(id);
    });

    test('listUsers includes applications if the caller requests them', async () => {
      const { authorization } = conductor;
      const application = `app:${nobody.id}`;
      expect((await authorization.listUsers(false)).map(({ id }) => id)).not.toContain(application);
      const users = await authorization.listUsers(true);
      expect(users.find(({ id }) => id === application)).toMatchObject({ name: 'nobody', applicationUser: true });
      expect(users.map(({ id }) => id)).toContain('admin');
      expect(await authorization.getUser(application)).toMatchObject({ id: application, applicationUser: true });
    });

    test('the JavaScript client finds users and groups by any spelling of their names, and the gateway preserves the stored spelling', async () => {
      const { authorization } = conductor;
      await authorization.upsertUser('testUser', { name: 'Test' });
      await authorization.upsertGroup('Night Shift', { description: 'x' });
      expect((await authorization.getUser('testuser')).id).toBe('testUser');
      expect((await authorization.getGroup('night shift')).id).toBe('Night Shift');
      await authorization.addUserToGroup('NIGHT SHIFT', 'TESTUSER');
      expect((await authorization.getUsersInGroup('night shift')).map(({ id }) => id)).toEqual(['testUser']);
      await authorization.deleteUser('TestUser');
      await expect(authorization.getUser('testUser')).rejects.toThrow('No such user: testUser.');
    });

    test('upsertGroup, getGroup, listGroups and deleteGroup manage a group', async () => {
      const { authorization } = conductor;
      const made = await authorization.upsertGroup('sorters', {
        description: 'Who sort the post',
        roles: roles('USER'),
      });
      expect(made).toMatchObject({ id: 'sorters', description: 'Who sort the post' });
      expect(made.roles?.map(({ name }) => name)).toEqual(['USER']);
      expect(await authorization.getGroup('sorters')).toEqual(made);
      expect(await authorization.listGroups()).toContainEqual(made);
      const changed = await authorization.upsertGroup('sorters', { description: 'Who sorted the post' });
      expect(changed.description).toBe('Who sorted the post');
      await authorization.deleteGroup('sorters');
      await expect(authorization.getGroup('sorters')).rejects.toThrow('No such group: sorters.');
      await expect(authorization.deleteGroup('sorters')).rejects.toThrow('No such group: sorters.');
      expect((await authorization.listGroups()).map(({ id }) => id)).not.toContain('sorters');
    });

    test('the JavaScript client adds users to a group, lists the users and removes them, individually and together', async () => {
      const { authorization } = conductor;
      for (const id of ['eve@acme.example', 'kim', 'lou']) await authorization.upsertUser(id, { name: id });
      await authorization.upsertGroup('carriers', { description: 'Who carry the post' });
      const members = async () => (await authorization.getUsersInGroup('carriers')).map(({ id }) => id).sort();
      expect(await members()).toEqual([]);
      await authorization.addUserToGroup('carriers', 'eve@acme.example');
      await authorization.addUsersToGroup('carriers', ['kim', 'lou', 'eve@acme.example']);
      expect(await members()).toEqual(['eve@acme.example', 'kim', 'lou']);
      expect((await authorization.getUser('kim')).groups?.map(({ id }) => id)).toEqual(['carriers']);
      await authorization.removeUserFromGroup('carriers', 'kim');
      expect(await members()).toEqual(['eve@acme.example', 'lou']);
      await authorization.removeUsersFromGroup('carriers', ['lou', 'eve@acme.example']);
      expect(await members()).toEqual([]);
      await expect(authorization.addUserToGroup('carriers', 'max')).rejects.toThrow('max');
      await expect(authorization.addUserToGroup('cyclists', 'kim')).rejects.toThrow('cyclists');
      await expect(authorization.getUsersInGroup('cyclists')).rejects.toThrow('No such group: cyclists.');
    });

    test('grantPermissions and removePermissions on a secret take effect', async () => {
      const worker = await w.application('worker');
      const { secrets } = await connect(worker);
      const { value } = await w.secret('stamps');
      const { authorization } = conductor;
      await expect(secrets.getSecret('stamps')).rejects.toThrow('No such secret: stamps.');
      await authorization.grantPermissions(request(asUser(worker), 'SECRET_NAME', 'stamps', 'READ', 'UPDATE'));
      expect(await secrets.getSecret('stamps')).toBe(value);
      expect(await authorization.checkPermissions(`app:${worker.id}`, 'SECRET_NAME', 'stamps')).toEqual({
        CREATE: false,
        READ: true,
        UPDATE: true,
        DELETE: false,
        EXECUTE: false,
      });
      expect(await authorization.getGrantedPermissionsForUser(`app:${worker.id}`)).toEqual({
        grantedAccess: [{ target: { type: 'SECRET_NAME', id: 'stamps' }, access: ['READ', 'UPDATE'] }],
      });
      expect(await authorization.getPermissions('SECRET_NAME', 'stamps')).toMatchObject({
        READ: expect.arrayContaining([asUser(worker)]),
        UPDATE: expect.arrayContaining([asUser(worker)]),
      });

      await authorization.removePermissions(request(asUser(worker), 'SECRET_NAME', 'stamps', 'READ'));
      await expect(secrets.getSecret('stamps')).rejects.toThrow(/READ|read/);
      await authorization.removePermissions(request(asUser(worker), 'SECRET_NAME', 'stamps', 'UPDATE'));
      await expect(secrets.getSecret('stamps')).rejects.toThrow('No such secret: stamps.');
      expect(await authorization.getGrantedPermissionsForUser(`app:${worker.id}`)).toEqual({ grantedAccess: [] });
    });

    test('grantPermissions and removePermissions on a tag take effect', async () => {
      const worker = await w.application('tag worker');
      const { secrets } = await connect(worker);
      const { value } = await w.secret('scales', { tags: ['desk:1'] });
      const { authorization } = conductor;
      await authorization.grantPermissions(request(asUser(worker), 'TAG', 'desk:1', 'READ'));
      expect(await secrets.getSecret('scales')).toBe(value);
      expect(await secrets.listAllSecretNames()).toEqual(['scales']);
      expect(await authorization.getPermissions('TAG', 'desk:1')).toMatchObject({ READ: [asUser(worker)], UPDATE: [] });
      await conductor.secrets.deleteSecretTags([{ key: 'desk', value: '1' }], 'scales');
      await expect(secrets.getSecret('scales')).rejects.toThrow('No such secret: scales.');
      await conductor.secrets.setSecretTags([{ key: 'desk', value: '1' }], 'scales');
      expect(await secrets.getSecret('scales')).toBe(value);
      await authorization.removePermissions(request(asUser(worker), 'TAG', 'desk:1', 'READ'));
      await expect(secrets.getSecret('scales')).rejects.toThrow('No such secret: scales.');
    });

    test('permissions of a group apply to its members, and getGrantedPermissionsForGroup lists them', async () => {
      const { authorization } = conductor;
      const { value } = await w.secret('ledger');
      await authorization.upsertGroup('clerks', { description: 'Who keep the books' });
      const clerk = await w.user('clerk');
      await authorization.grantPermissions(request({ type: 'GROUP', id: 'clerks' }, 'SECRET_NAME', 'ledger', 'READ'));
      expect(await authorization.getGrantedPermissionsForGroup('clerks')).toEqual({
        grantedAccess: [{ target: { type: 'SECRET_NAME', id: 'ledger' }, access: ['READ'] }],
      });
      expect(await w.reveal(clerk, 'ledger')).toBeNull();
      await authorization.addUserToGroup('clerks', 'clerk');
      expect(await w.reveal(clerk, 'ledger')).toBe(value);
      expect(await authorization.checkPermissions('clerk', 'SECRET_NAME', 'ledger')).toMatchObject({ READ: true });
      await authorization.removeUserFromGroup('clerks', 'clerk');
      expect(await w.reveal(clerk, 'ledger')).toBeNull();
    });

    test('the creator of a secret has every access to the secret through the JavaScript client', async () => {
      await conductor.secrets.putSecret('own', sentinel());
      const permissions = await conductor.authorization.getPermissions('SECRET_NAME', 'own');
      expect(Object.keys(permissions).sort()).toEqual(ALL);
      for (const subjects of Object.values(permissions)) expect(subjects).toEqual([asUser(operator)]);
    });

    test('grantPermissions fails with a missing subject or a missing target', async () => {
      const { authorization } = conductor;
      const grant = (subject: Grant['subject']) =>
        authorization.grantPermissions(request(subject, 'SECRET_NAME', 'stamps', 'READ'));
      await expect(grant({ type: 'USER', id: 'mallory' })).rejects.toThrow('mallory');
      await expect(grant({ type: 'GROUP', id: 'mallets' })).rejects.toThrow('mallets');
      await expect(authorization.checkPermissions('mallory', 'SECRET_NAME', 'stamps')).rejects.toThrow('mallory');
      await expect(authorization.getGrantedPermissionsForUser('mallory')).rejects.toThrow('mallory');
      await expect(authorization.getGrantedPermissionsForGroup('mallets')).rejects.toThrow('mallets');
    });

    test('for a JavaScript client without permissions, every authorization method fails or returns an empty list', async () => {
      const { authorization } = refused;
      await w.secret('vault');
      await conductor.authorization.upsertUser('pat', { name: 'Pat' });
      await conductor.authorization.upsertGroup('posties', { description: 'Posties' });
      const refusals: [string, () => Promise<unknown>][] = [
        [
          'grantPermissions',
          () => authorization.grantPermissions(request(asUser(nobody), 'SECRET_NAME', 'vault', 'READ')),
        ],
        ['grantPermissions', () => authorization.grantPermissions(request(asUser(nobody), 'TAG', 'a:b', 'READ'))],
        ['removePermissions', () => authorization.removePermissions(request(asUser(operator), 'TAG', 'a:b', 'READ'))],
        ['upsertUser', () => authorization.upsertUser('pat', { name: 'Pit', roles: roles('ADMIN') })],
        ['upsertUser', () => authorization.upsertUser('new', { name: 'New', roles: roles('ADMIN') })],
        ['getUser', () => authorization.getUser('pat')],
        ['listUsers', () => authorization.listUsers()],
        ['deleteUser', () => authorization.deleteUser('pat')],
        ['checkPermissions', () => authorization.checkPermissions('pat', 'SECRET_NAME', 'vault')],
        ['getGrantedPermissionsForUser', () => authorization.getGrantedPermissionsForUser('pat')],
        ['upsertGroup', () => authorization.upsertGroup('posties', { description: 'Mine', roles: roles('ADMIN') })],
        ['getGroup', () => authorization.getGroup('posties')],
        ['deleteGroup', () => authorization.deleteGroup('posties')],
        ['addUserToGroup', () => authorization.addUserToGroup('posties', 'pat')],
        ['addUsersToGroup', () => authorization.addUsersToGroup('posties', ['pat'])],
        ['getUsersInGroup', () => authorization.getUsersInGroup('posties')],
        ['removeUserFromGroup', () => authorization.removeUserFromGroup('posties', 'pat')],
        ['removeUsersFromGroup', () => authorization.removeUsersFromGroup('posties', ['pat'])],
        ['getGrantedPermissionsForGroup', () => authorization.getGrantedPermissionsForGroup('posties')],
      ];
      for (const [name, attempt] of refusals) {
        const outcome = await attempt().then(
          () => 'done',
          (error: Error) => error.name,
        );
        expect([name, outcome]).toEqual([name, '[Conductor SDK Error]']);
      }
      const methods = Object.getOwnPropertyNames(MAJORS[major].AuthorizationClient.prototype);
      expect(new Set(['getPermissions', 'listGroups', ...refusals.map(([name]) => name)])).toEqual(
        new Set(methods.filter((name) => name !== 'constructor')),
      );
      expect(await conductor.authorization.getUser('pat')).toMatchObject({ name: 'Pat', groups: [] });
      expect(await conductor.authorization.getGroup('posties')).toMatchObject({ description: 'Posties' });
    });
  });

  describe('applications with the JavaScript client', () => {
    test('the JavaScript client can create, read, list, update and delete an application', async () => {
      const { applications } = conductor;
      const before = Date.now();
      const made = await applications.createApplication('router');
      expect(made).toMatchObject({
        id: expect.stringMatching(/^app_/),
        name: 'router',
        createdBy: `app:${operator.id}`,
        updatedBy: `app:${operator.id}`,
      });
      expect(made.createTime).toBeGreaterThanOrEqual(before - 1_000);
      expect(made.createTime).toBeLessThanOrEqual(Date.now() + 1_000);
      const id = made.id ?? '';
      expect(await applications.getApplication(id)).toMatchObject(made);
      expect((await applications.getAllApplications()).find((one) => one.id === id)).toMatchObject({ name: 'router' });
      expect(await applications.updateApplication(id, 'sorter')).toMatchObject({ id, name: 'sorter' });
      expect((await applications.getApplication(id)).name).toBe('sorter');
      expect((await applications.createApplication('sorter')).id).not.toBe(id);
      await expect(applications.createApplication('')).rejects.toThrow('name');

      await applications.deleteApplication(id);
      await expect(applications.getApplication(id)).rejects.toThrow(`No such application: ${id}.`);
      await expect(applications.deleteApplication(id)).rejects.toThrow(`No such application: ${id}.`);
      await expect(applications.updateApplication(id, 'x')).rejects.toThrow(id);
    });

    test('the JavaScript client can create, list, find, toggle and delete access keys', async () => {
      const { applications } = conductor;
      const { id = '' } = await applications.createApplication('keyed');
      const key = await applications.createAccessKey(id);
      remember(key.secret);
      expect(key.id).toMatch(/^key_/);
      expect(await applications.getAccessKeys(id)).toEqual([
        { id: key.id, createdAt: expect.any(Number), status: 'ACTIVE' },
      ]);
      expect(await applications.getAppByAccessKeyId(key.id)).toMatchObject({ id, name: 'keyed' });

      const signIn = async () => {
        const response = await fetch(`${w.url}/api/token`, {
          method: 'POST',
          body: JSON.stringify({ keyId: key.id, keySecret: key.secret }),
        });
        return response.status;
      };
      const { secrets } = await connect({ keyId: key.id, keySecret: key.secret });
      expect(await secrets.listAllSecretNames()).toEqual([]);
      expect((await applications.toggleAccessKeyStatus(id, key.id)).status).toBe('INACTIVE');
      expect(await signIn()).toBe(401);
      await expect(secrets.listAllSecretNames()).rejects.toThrow('This token is not valid');
      expect((await applications.toggleAccessKeyStatus(id, key.id)).status).toBe('ACTIVE');
      expect(await signIn()).toBe(200);

      await applications.deleteAccessKey(id, key.id);
      expect(await signIn()).toBe(401);
      expect(await applications.getAccessKeys(id)).toEqual([]);
      await expect(applications.deleteAccessKey(id, key.id)).rejects.toThrow(key.id);
      await expect(applications.toggleAccessKeyStatus(id, key.id)).rejects.toThrow(key.id);
      await expect(applications.getAppByAccessKeyId(key.id)).rejects.toThrow(key.id);
    });

    test('addApplicationRole adds a role to an application, and removeRoleFromApplicationUser removes the role', async () => {
      const { applications } = conductor;
      const { id = '' } = await applications.createApplication('promoted');
      const key = await applications.createAccessKey(id);
      remember(key.secret);
      const { secrets } = await connect({ keyId: key.id, keySecret: key.secret });
      await expect(secrets.putSecret('first', sentinel())).rejects.toThrow('To create this secret');
      await applications.addApplicationRole(id, 'METADATA_MANAGER');
      const user = await conductor.authorization.getUser(`app:${id}`);
      expect(user.roles?.map(({ name }) => name)).toEqual(['METADATA_MANAGER']);
      await secrets.putSecret('first', sentinel());
      await applications.removeRoleFromApplicationUser(id, 'METADATA_MANAGER');
      await expect(secrets.putSecret('second', sentinel())).rejects.toThrow('To create this secret');
      await expect(applications.addApplicationRole(id, 'KING' as 'ADMIN')).rejects.toThrow();
    });

    test('the JavaScript client can add, list and remove tags of an application', async () => {
      const { applications } = conductor;
      const { id = '' } = await applications.createApplication('labelled');
      expect(await applications.getApplicationTags(id)).toEqual([]);
      const [env, team, city] = [
        { key: 'env', value: 'prod' },
        { key: 'team', value: 'post' },
        { key: 'city', value: 'Bern' },
      ] as const;
      await applications.addApplicationTag(id, env);
      await applications.addApplicationTags(id, [team, city]);
      expect(await applications.getApplicationTags(id)).toEqual([city, env, team]);
      await applications.deleteApplicationTag(id, city);
      expect(await applications.getApplicationTags(id)).toEqual([env, team]);
      await applications.deleteApplicationTags(id, [env, team]);
      expect(await applications.getApplicationTags(id)).toEqual([]);
    });

    test('a JavaScript client without permissions can list only its own application, and every other application method fails', async () => {
      const { applications } = refused;
      const { id = '' } = await conductor.applications.createApplication('guarded');
      const key = await conductor.applications.createAccessKey(id);
      remember(key.secret);
      const tags = [{ key: 'a', value: 'b' }];
      const refusals: [string, () => Promise<unknown>][] = [
        ['createApplication', () => applications.createApplication('mine')],
        ['getApplication', () => applications.getApplication(id)],
        ['getAppByAccessKeyId', () => applications.getAppByAccessKeyId(key.id)],
        ['updateApplication', () => applications.updateApplication(id, 'mine')],
        ['deleteApplication', () => applications.deleteApplication(id)],
        ['createAccessKey', () => applications.createAccessKey(id)],
        ['getAccessKeys', () => applications.getAccessKeys(id)],
        ['toggleAccessKeyStatus', () => applications.toggleAccessKeyStatus(id, key.id)],
        ['deleteAccessKey', () => applications.deleteAccessKey(id, key.id)],
        ['addApplicationRole', () => applications.addApplicationRole(id, 'ADMIN')],
        ['addApplicationRole', () => applications.addApplicationRole(nobody.id, 'ADMIN')],
        ['removeRoleFromApplicationUser', () => applications.removeRoleFromApplicationUser(operator.id, 'ADMIN')],
        ['getApplicationTags', () => applications.getApplicationTags(id)],
        ['addApplicationTags', () => applications.addApplicationTags(id, tags)],
        ['addApplicationTag', () => applications.addApplicationTag(id, tags[0]!)],
        ['deleteApplicationTags', () => applications.deleteApplicationTags(id, tags)],
        ['deleteApplicationTag', () => applications.deleteApplicationTag(id, tags[0]!)],
      ];
      for (const [name, attempt] of refusals) {
        const outcome = await attempt().then(
          () => 'done',
          (error: Error) => error.name,
        );
        expect([name, outcome]).toEqual([name, '[Conductor SDK Error]']);
      }
      const methods = Object.getOwnPropertyNames(MAJORS[major].ApplicationClient.prototype);
      expect(new Set(['getAllApplications', ...refusals.map(([name]) => name)])).toEqual(
        new Set(methods.filter((name) => name !== 'constructor')),
      );
      expect((await applications.getAllApplications()).map((one) => one.id)).not.toContain(id);
      expect(await conductor.applications.getAccessKeys(id)).toEqual([
        { id: key.id, createdAt: expect.any(Number), status: 'ACTIVE' },
      ]);
    });
  });

  describe('tokens with the JavaScript client', () => {
    /** The fetch function of the client, and the requests of the client, such as `GET /api/secrets/db 200`. */
    const watched = () => {
      const log: string[] = [];
      const fetch: typeof globalThis.fetch = async (input, init) => {
        const { method, url } = input as Request;
        const response = await globalThis.fetch(input, init);
        log.push(`${method} ${new URL(url).pathname} ${response.status}`);
        return response;
      };
      return { log, fetch };
    };

    test('after a refusal for missing access, the JavaScript client neither signs in again nor repeats the request', async () => {
      const { log, fetch } = watched();
      const reader = await w.application('reader');
      await w.secret('dim');
      await w.grant(reader.id, 'EXECUTE', 'dim');
      const { secrets } = await connect(reader, '', fetch);
      await expect(secrets.getSecret('dim')).rejects.toThrow("Failed to get secret 'dim'");
      expect(log).toEqual(['POST /api/token 200', 'GET /api/secrets/dim 403']);
    });

    test('if its access key is deactivated, the JavaScript client stops after one attempt', async () => {
      const { log, fetch } = watched();
      const stopped = await w.application('stopped');
      const { secrets } = await connect(stopped, '', fetch);
      await conductor.applications.toggleAccessKeyStatus(stopped.id, stopped.keyId);
      await expect(secrets.listAllSecretNames()).rejects.toThrow('This token is not valid');
      expect(log).toEqual([
        'POST /api/token 200',
        'POST /api/secrets 401',
        'POST /api/token 401',
        'POST /api/secrets 401',
      ]);
    });

    test('if its token expires, the JavaScript client fetches a new token and repeats the request without an error', async () => {
      const { log, fetch } = watched();
      const { secrets } = await connect(operator, '', fetch);
      const value = sentinel();
      await secrets.putSecret('later', value);
      w.clock.advance({ days: 2 });
      expect(await secrets.getSecret('later')).toBe(value);
      expect(log).toEqual([
        'POST /api/token 200',
        'PUT /api/secrets/later 200',
        'GET /api/secrets/later 401',
        'POST /api/token 200',
        'GET /api/secrets/later 200',
      ]);
    });
  });
});
