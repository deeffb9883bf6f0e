// If a statement writes a row state that src/audit/facts.ts lists, it must also record this state in the audit log.
// Otherwise verification reports the write as a change that bypassed the gateway. This test runs every mutation,
// every writing REST operation, and every write by a command or by the gateway itself. After each step, the test
// verifies the audit log.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyLog } from '../../src/audit/audit-verification.ts';
import { FACT_SOURCES } from '../../src/audit/facts.ts';
import { operatorAudit } from '../../src/audit/operator.ts';
import { Keys, keyIdOf } from '../../src/crypto/keyring.ts';
import { addSigningKey } from '../../src/identity/signing-keys.ts';
import { rewrapAll } from '../../src/keyring/rotation.ts';
import { toUuid } from '../../src/primitives/ids.ts';
import type { JsonObject } from '../../src/primitives/json.ts';
import { purgeExpiredDeletions } from '../../src/secrets/housekeeping.ts';
import { resetPassword } from '../../src/startup/bootstrap.ts';
import * as users from '../../src/users/user-store.ts';
import { type FakeEngine, fakeEngine, scheduled } from '../support/fake-engine.ts';
import { operations } from '../support/openapi.ts';
import { type RestClient, restClient } from '../support/rest.ts';
import { rootFields, type Variables } from '../support/root-fields.ts';
import { remember, sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';

/** A step has a title and an action. The title is a mutation, a REST method with its path template, or a description. */
type Step = [what: string, act: () => Promise<unknown>];

const keys = [1, 2].map(() => randomBytes(32)).map((key) => [keyIdOf(key), key] as const);
/** The encryption keys of the keyring, starting with the current encryption key. */
let held = new Map([keys[0]!]);
let w: World;
let rest: RestClient;
let asEngine: RestClient;
let engine: FakeEngine;

beforeAll(async () => {
  engine = await fakeEngine();
  const conductor = { url: engine.url, timeoutMs: 5_000, credentials: undefined };
  w = await world({ keyring: new Keys('KEYRING', held, () => held), conductor });
  rest = restClient(w.url, w.admin.token);
  asEngine = restClient(w.url, (await w.application('of-the-engine', { roles: ['ADMIN', 'WORKFLOW_ENGINE'] })).token);
});
afterAll(async () => {
  await w.close();
  await engine.close();
});

/** Ids and strings that later steps use as input. Only this file uses the names in this list. */
const made: Record<string, string> = {};
const env = { key: 'env', value: 'dev' };
const team = { key: 'team', value: 'pay' };

/** Sends the mutation. The function `keep` returns the strings from the payload that later steps use. */
const mutation = (
  field: string,
  variables: () => Variables,
  // biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
  keep: (payload: any) => Record<string, string> = () => ({}),
): Step => [
  `Mutation.${field}`,
  async () => {
    const { operation } = rootFields.find(({ at }) => at === `Mutation.${field}`)!;
    const data = await w.admin.get(operation, variables());
    Object.assign(made, keep(data[field]));
  },
];

/** A task of a workflow, with the workflow definition, as a module sends both. */
const taskBody = (type: string, inputParameters: JsonObject, inputData: JsonObject = inputParameters) => {
  const task = { name: type, taskReferenceName: 'one', type, inputParameters };
  const workflowDefinition = engine.register(`w_${type}`, [task]);
  return { workflowDefinition, task: scheduled(workflowDefinition, task, { inputData }) };
};

/** Sends the REST request `what`, for example `PUT /groups/{id}`. `params` contains the path parameters in order. */
const request = (
  what: string,
  params: () => string[],
  body?: () => unknown,
  // biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
  keep: (json: any) => Record<string, string> = () => ({}),
): Step => {
  const [method = '', template = ''] = what.split(' ');
  return [
    `${method} /api${template}`,
    async () => {
      const values = params();
      const path = template.replace(/\{\w+\}/g, () => encodeURIComponent(values.shift()!));
      const client = template.startsWith('/conductor/') ? asEngine : rest;
      const answer = await client.send(method, path, body?.(), { revealing: true });
      expect(answer.status).toBe(200);
      Object.assign(made, keep(answer.json));
    },
  ];
};

const other = (what: string, act: () => Promise<unknown>): Step => [what, act];
const needs = () => ({ stream: w.stream, clock: w.clock });
/** Registers a secret value that the gateway generated, so that the leak test searches all logs for the value. */
const known = (value: string) => {
  remember(value);
  return value;
};
const password = () => (made.password ??= sentinel('password'));

/**
 * A hash of `password` that the reference implementation created. Its parameters differ from the gateway's
 * parameters.
 */
const OLD_HASH = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';

const STEPS: Step[] = [
  mutation('signIn', () => ({ username: 'admin', password: w.adminPassword })),
  mutation(
    'createUser',
    () => ({ input: { username: 'Ann', name: 'Ann', password: password(), roles: ['USER'] } }),
    (p) => ({
      ann: p.user.id,
    }),
  ),
  mutation('updateUser', () => ({ input: { id: made.ann, name: 'Anna', roles: ['WORKER'], active: false } })),
  mutation('updateUser', () => ({ input: { id: made.ann, password: password(), active: true } })),
  mutation(
    'createGroup',
    () => ({ input: { name: 'Ops', roles: ['WORKER'] } }),
    (p) => ({ ops: p.group.id }),
  ),
  mutation('updateGroup', () => ({ input: { id: made.ops, name: 'Operations', roles: ['AUDITOR'] } })),
  mutation('addGroupMembers', () => ({ groupId: made.ops, principalIds: [made.ann] })),
  mutation('removeGroupMembers', () => ({ groupId: made.ops, principalIds: [made.ann] })),
  mutation('addGroupMembers', () => ({ groupId: made.ops, principalIds: [made.ann] })),
  mutation(
    'createApplication',
    () => ({ input: { name: 'pay', roles: ['WORKER'] } }),
    (p) => ({ pay: p.application.id }),
  ),
  mutation('updateApplication', () => ({ input: { id: made.pay, name: 'payments', roles: ['METADATA_MANAGER'] } })),
  mutation(
    'createAccessKey',
    () => ({ applicationId: made.pay, expiresAt: w.clock.in({ days: 90 }) }),
    (p) => ({
      key: p.accessKey.id,
      keySecret: known(p.secret),
    }),
  ),
  mutation('signInApplication', () => ({ keyId: made.key, keySecret: made.keySecret })),
  mutation('setAccessKeyActive', () => ({ keyId: made.key, active: false })),
  mutation('setAccessKeyActive', () => ({ keyId: made.key, active: true })),
  mutation('createSecret', () => ({
    input: { name: 'db', value: sentinel(), tags: [env], expiresAt: w.clock.in({ days: 90 }) },
  })),
  mutation('updateSecret', () => ({ input: { name: 'db', description: 'd' } })),
  mutation('updateSecret', () => ({ input: { name: 'db', expiresAt: null } })),
  mutation('rotateSecret', () => ({ input: { name: 'db', value: sentinel() } })),
  mutation('rollbackSecret', () => ({ name: 'db', version: 1 })),
  mutation('runUpdateSecretTask', () => ({ input: { _secrets: { secretKey: 'db', secretValue: sentinel() } } })),
  mutation('destroySecretVersion', () => ({ name: 'db', version: 1 })),
  mutation('tagSecret', () => ({ name: 'db', tags: [team] })),
  mutation('untagSecret', () => ({ name: 'db', tags: [team] })),
  other('many rotations, which destroy the oldest versions', async () => {
    for (let i = 0; i < 12; i += 1) {
      const data = await w.admin.get('mutation ($i: RotateSecretInput!) { rotateSecret(input: $i) { changed } }', {
        i: { name: 'db', value: sentinel() },
      });
      expect(data.rotateSecret.changed).toBe(true);
    }
  }),
  mutation('grantPermission', () => ({ input: { subjectId: made.ann, target: { tag: env }, access: ['READ'] } })),
  mutation('grantPermission', () => ({ input: { subjectId: made.ann, target: { tag: env }, access: ['UPDATE'] } })),
  mutation('grantPermission', () => ({
    input: { subjectId: made.ops, target: { secret: 'db' }, access: ['READ', 'UPDATE'] },
  })),
  mutation('revokePermission', () => ({
    input: { subjectId: made.ops, target: { secret: 'db' }, access: ['UPDATE'] },
  })),
  mutation('revokePermission', () => ({ input: { subjectId: made.ann, target: { tag: env }, access: [] } })),
  other('changes by a user without ADMIN', async () => {
    const ann = await w.signIn('ann', password());
    await w.grant(made.ann!, ['CREATE'], 'anns');
    await w.secret('anns', { by: ann, tags: ['team:ann'] });
    await w.grant(made.pay!, 'READ', 'anns', { by: ann, expiresAt: w.clock.in({ days: 1 }) });
    await ann.get('mutation ($t: [TagInput!]!) { tagSecret(name: "anns", tags: $t) { secret { id } } }', { t: [team] });
    await ann.get('mutation ($t: [TagInput!]!) { untagSecret(name: "anns", tags: $t) { secret { id } } }', {
      t: [team],
    });
    await ann.get('mutation ($i: PermissionInput!) { revokePermission(input: $i) { permission { id } } }', {
      i: { subjectId: made.pay, target: { secret: 'anns' }, access: [] },
    });
  }),
  other('a simulation, which undoes its changes', () =>
    w.admin.get('query ($c: [AccessChange!]!) { simulateAccess(changes: $c, first: 5) { complete } }', {
      c: [
        { tag: { name: 'db', tags: [team] } },
        { grant: { subjectId: made.ann, target: { tag: team }, access: ['READ'] } },
        { setRoles: { subjectId: made.pay, roles: ['ADMIN'] } },
        { deleteGroup: made.ops },
      ],
    }),
  ),
  mutation(
    'deleteSecret',
    () => ({ name: 'db', purge: false }),
    (p) => ({ db: p.id }),
  ),
  mutation('restoreSecret', () => ({ id: made.db })),
  mutation('deleteSecret', () => ({ name: 'anns', purge: true })),

  request(
    'POST /token',
    () => [],
    () => ({ username: 'ann', password: password() }),
  ),
  request('POST /secrets', () => []),
  request(
    'PUT /secrets/{key}',
    () => ['api'],
    () => sentinel(),
  ),
  request(
    'PUT /secrets/{key}',
    () => ['api'],
    () => sentinel(),
  ),
  request(
    'PUT /secrets/{key}/tags',
    () => ['api'],
    () => [env, team],
  ),
  request(
    'DELETE /secrets/{key}/tags',
    () => ['api'],
    () => [env],
  ),
  request(
    'POST /tasks/update-secret',
    () => [],
    () => ({ _secrets: { secretKey: 'api', secretValue: sentinel() } }),
  ),
  request(
    'POST /conductor/tasks/resolve',
    () => [],
    () => taskBody('INLINE', { a: '${workflow.secrets.api}' }),
  ),
  request(
    'POST /conductor/tasks/result',
    () => [],
    () => ({ ...taskBody('INLINE', { a: '${workflow.secrets.api}' }), output: {} }),
  ),
  request(
    'POST /conductor/tasks/update-secret',
    () => [],
    () =>
      taskBody(
        'UPDATE_SECRET',
        { _secrets: { secretKey: 'api', secretValue: '${workflow.input.x}' } },
        { _secrets: { secretKey: 'api', secretValue: sentinel() } },
      ),
  ),
  request(
    'PUT /environment/{key}',
    () => ['region'],
    () => 'eu',
  ),
  request(
    'PUT /environment/{key}/tags',
    () => ['region'],
    () => [env],
  ),
  request(
    'DELETE /environment/{key}/tags',
    () => ['region'],
    () => [env],
  ),
  request('DELETE /environment/{key}', () => ['region']),
  request(
    'POST /roles',
    () => [],
    () => ({ name: 'planner', permissions: ['READ_WORKFLOW_DEF'] }),
  ),
  request(
    'PUT /roles/{name}',
    () => ['planner'],
    () => ({ permissions: [] }),
  ),
  request(
    'PUT /groups/{id}',
    () => ['Crew'],
    () => ({ description: 'c', roles: ['planner'] }),
  ),
  request(
    'PUT /groups/{id}',
    () => ['crew'],
    () => ({ description: 'd', roles: ['WORKER'] }),
  ),
  request(
    'PUT /users/{id}',
    () => ['bob'],
    () => ({ name: 'Bob', roles: ['USER', 'planner'], groups: ['Crew'] }),
  ),
  request(
    'PUT /users/{id}',
    () => ['bob'],
    () => ({ name: 'Bobby', roles: ['WORKER', 'planner'], groups: [] }),
  ),
  request(
    'POST /groups/{id}/users',
    () => ['Crew'],
    () => ['bob', 'Ann'],
  ),
  request(
    'DELETE /groups/{id}/users',
    () => ['Crew'],
    () => ['bob'],
  ),
  request('POST /groups/{id}/users/{userId}', () => ['Crew', 'bob']),
  request('DELETE /groups/{id}/users/{userId}', () => ['Crew', 'bob']),
  request(
    'POST /applications',
    () => [],
    () => ({ name: 'shop', roles: ['WORKER'] }),
    (json) => ({ shop: json.id }),
  ),
  request(
    'PUT /applications/{id}',
    () => [made.shop!],
    () => ({ name: 'shop', roles: ['WORKER', 'planner'] }),
  ),
  request('POST /applications/{id}/roles/{role}', () => [made.shop!, 'METADATA_MANAGER']),
  request('DELETE /applications/{id}/roles/{role}', () => [made.shop!, 'planner']),
  request(
    'PUT /applications/{id}/tags',
    () => [made.shop!],
    () => [env],
  ),
  request(
    'DELETE /applications/{id}/tags',
    () => [made.shop!],
    () => [env],
  ),
  request(
    'POST /applications/{id}/accessKeys',
    () => [made.shop!],
    undefined,
    (json) => ({
      shopKey: json.id,
      shopSecret: known(json.secret),
    }),
  ),
  request(
    'POST /token',
    () => [],
    () => ({ keyId: made.shopKey, keySecret: made.shopSecret }),
  ),
  request('POST /applications/{id}/accessKeys/{keyId}/status', () => [made.shop!, made.shopKey!]),
  request('DELETE /applications/{id}/accessKeys/{keyId}', () => [made.shop!, made.shopKey!]),
  request(
    'POST /auth/authorization',
    () => [],
    () => authorization('SECRET_NAME', 'api'),
  ),
  request(
    'DELETE /auth/authorization',
    () => [],
    () => authorization('SECRET_NAME', 'api'),
  ),
  request(
    'POST /auth/authorization',
    () => [],
    () => authorization('WORKFLOW_DEF', 'flow'),
  ),
  request('DELETE /auth/subjects/{type}/{id}/grants', () => ['USER', 'bob']),
  ...['POST', 'PUT', 'DELETE'].flatMap((method) =>
    ['workflow', 'task', 'taskdefs'].map((kind) =>
      request(
        `${method} /metadata/${kind}/{name}/tags`,
        () => ['one'],
        () => [env],
      ),
    ),
  ),
  ...['resolve', 'check', 'mask', 'archive'].map((which) =>
    request(
      `POST /payloads/${which}`,
      () => [],
      () => ({ payload: { a: 'plain' } }),
    ),
  ),

  other('resetting a password by the command', async () => {
    const reset = await resetPassword(needs(), 'ann');
    expect(reset?.username).toBe('Ann');
    known(reset!.password.expose());
  }),
  other('a sign-in that hashes the password again', async () => {
    const audit = operatorAudit(needs());
    const id = toUuid(made.ann!, 'USER')!;
    const event = { action: 'USER_UPDATE', subject: null } as const;
    await audit.change(event, async (tx) => {
      await users.update(tx, id, { passwordHash: OLD_HASH }, { now: w.clock.now(), endTokens: true });
      return { result: undefined, event };
    });
    await w.signIn('ann', 'password');
    const [row] = await w.database.query<{ hash: string }>('SELECT password_hash AS hash FROM users WHERE id = $1', [
      id,
    ]);
    expect(row?.hash).not.toBe(OLD_HASH);
  }),
  other('rewrapping data keys under a new encryption key', async () => {
    held = new Map([keys[1]!, keys[0]!]);
    const {
      versions,
      signingKeys,
      auditKeys,
      unopenable: stuck,
    } = await rewrapAll({ ...needs(), database: w.database, keyring: w.keyring }, () => {});
    expect([versions > 0, signingKeys, auditKeys, stuck]).toEqual([true, 1, 1, 0]);
  }),
  other('a sign-in that moves an access key to a new encryption key', async () => {
    await w.anonymous.get(
      'mutation ($k: String!, $s: SecretValue!) { signInApplication(keyId: $k, keySecret: $s) { expiresAt } }',
      { k: made.key, s: made.keySecret },
    );
    const [row] = await w.database.query<{ keyId: string }>('SELECT key_id AS "keyId" FROM access_keys WHERE id = $1', [
      toUuid(made.key!, 'ACCESS_KEY'),
    ]);
    expect(row?.keyId).toBe(keys[1]![0]);
  }),
  other('purging a secret that can no longer be restored', async () => {
    await w.admin.get('mutation { deleteSecret(name: "api") { id } }');
    w.clock.advance({ days: 31 });
    expect(await purgeExpiredDeletions(needs())).toBe(1);
    const admin = await w.signIn('admin', w.adminPassword);
    Object.assign(w.admin, admin);
    rest = restClient(w.url, admin.token);
  }),

  request('DELETE /roles/{name}', () => ['planner']),
  request(
    'PUT /secrets/{key}',
    () => ['last'],
    () => sentinel(),
  ),
  request('DELETE /secrets/{key}', () => ['last']),
  request('DELETE /groups/{id}', () => ['Crew']),
  request('DELETE /users/{id}', () => ['bob']),
  request('DELETE /applications/{id}', () => [made.shop!]),
  mutation('deleteAccessKey', () => ({ keyId: made.key })),
  mutation('deleteApplication', () => ({ id: made.pay })),
  mutation('deleteGroup', () => ({ id: made.ops })),
  mutation('deleteUser', () => ({ id: made.ann })),
  mutation('verifyAuditLog', () => ({})),

  // These steps come last, because they end the session.
  ...[false, true].map((revoke) =>
    other(`a rotation of the signing key that ${revoke ? 'revokes' : 'retires'} the others`, () => {
      const event = { action: 'SIGNING_KEY_ROTATE', subject: null } as const;
      return operatorAudit(needs()).change(event, async (tx) => ({
        result: await addSigningKey(tx, w.keyring, w.clock.now(), revoke),
        event,
      }));
    }),
  ),
];

function authorization(type: string, id: string) {
  return { subject: { type: 'USER', id: 'bob' }, target: { type, id }, access: ['READ'] };
}

/** This operation always fails, because the gateway cannot send e-mail. */
const NEVER_WRITES = ['POST /api/users/{id}/sendInviteEmail'];

test('the verified steps include every mutation of the schema and every REST operation except GET', () => {
  const mutations = rootFields.map(({ at }) => at).filter((at) => at.startsWith('Mutation.'));
  const requests = operations.filter(({ method }) => method !== 'GET').map((one) => `${one.method} ${one.template}`);
  const done = new Set(STEPS.map(([what]) => what).filter((what) => /^(Mutation\.|[A-Z]+ \/)/.test(what)));
  expect([...done, ...NEVER_WRITES].sort()).toEqual([...mutations, ...requests].sort());
});

let found: string | null = null;
test.each(STEPS)('verification of the audit log reports no fault after step %#: %s', async (_, act) => {
  await act();
  // The test compares each verification result with the previous result. Otherwise, one step that does not record a
  // row state would make every later step fail too.
  const before = found;
  found = (await verifyLog({ ...needs(), database: w.database, keyring: w.keyring })).problem;
  expect(found).toBe(before);
});

test('the verified steps write to every table whose row states the audit log records', async () => {
  for (const table of Object.keys(FACT_SOURCES)) {
    expect([table, (await w.database.query(`SELECT FROM ${table} LIMIT 1`)).length]).toEqual([table, 1]);
  }
});

test('when a step begins or ends the validity of a row, the row refers to an audit event of the same transaction', async () => {
  for (const table of HISTORIES) {
    const rows = await w.database.query<{ begun: boolean; ended: boolean; same: boolean }>(
      `SELECT b.id IS NOT NULL AS begun, (x.valid_to IS NULL) = (x.ended_by_event IS NULL) AS ended, c.id IS NOT NULL AS same
       FROM ${table} x
         LEFT JOIN audit_events b ON b.id = x.begun_by_event AND b.outcome = 'DONE'
         LEFT JOIN audit_events c ON c.id = COALESCE(x.ended_by_event, x.begun_by_event) AND c.xmin::text = x.xmin::text`,
    );
    expect([table, rows.length > 0]).toEqual([table, true]);
    expect([table, rows.filter(({ begun, ended, same }) => !(begun && ended && same))]).toEqual([table, []]);
  }
});

/** Tables whose rows refer to the audit event that created the row and to the audit event that ended its validity. */
const HISTORIES = [
  'custom_role_assignments',
  'group_members',
  'periods',
  'permissions',
  'role_assignments',
  'secret_tags',
];
