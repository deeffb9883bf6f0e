import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Client } from '../support/app.ts';
import { ARGUMENTS, type Named, rootFields, schema } from '../support/root-fields.ts';
import { remember, sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';

/**
 * The expected answer of each root field to a signed-in caller without roles and grants: no data, or the error code.
 */
const TO_NOBODY: Record<string, string> = {
  'Query.viewer': 'itself',
  'Query.node': 'null',
  'Query.secret': 'null',
  'Query.secrets': 'empty',
  'Query.tags': 'empty',
  'Query.user': 'null',
  'Query.users': 'FORBIDDEN',
  'Query.group': 'null',
  'Query.groups': 'empty',
  'Query.application': 'null',
  'Query.applications': 'empty, or itself',
  'Query.permissions': 'empty',
  'Query.accessEntries': 'FORBIDDEN',
  'Query.explainAccess': 'FORBIDDEN',
  'Query.accessChanges': 'FORBIDDEN',
  'Query.unusedPermissions': 'FORBIDDEN',
  'Query.simulateAccess': 'FORBIDDEN',
  'Query.auditEvents': 'FORBIDDEN',
  'Query.resolveReferences': 'UNRESOLVED_REFERENCES',
  'Query.checkReferences': 'FORBIDDEN',
  'Query.maskPayload': 'what was sent',
  'Query.archivePayload': 'what was sent',

  'Mutation.signIn': 'UNAUTHENTICATED',
  'Mutation.signInApplication': 'UNAUTHENTICATED',
  'Mutation.createSecret': 'FORBIDDEN',
  'Mutation.updateSecret': 'NOT_FOUND',
  'Mutation.rotateSecret': 'NOT_FOUND',
  'Mutation.rollbackSecret': 'NOT_FOUND',
  'Mutation.destroySecretVersion': 'NOT_FOUND',
  'Mutation.deleteSecret': 'NOT_FOUND',
  'Mutation.restoreSecret': 'NOT_FOUND',
  'Mutation.tagSecret': 'NOT_FOUND',
  'Mutation.untagSecret': 'NOT_FOUND',
  'Mutation.runUpdateSecretTask': 'FORBIDDEN',
  'Mutation.createGroup': 'FORBIDDEN',
  'Mutation.updateGroup': 'FORBIDDEN',
  'Mutation.deleteGroup': 'FORBIDDEN',
  'Mutation.addGroupMembers': 'FORBIDDEN',
  'Mutation.removeGroupMembers': 'FORBIDDEN',
  'Mutation.createApplication': 'FORBIDDEN',
  'Mutation.updateApplication': 'NOT_FOUND',
  'Mutation.deleteApplication': 'NOT_FOUND',
  'Mutation.createAccessKey': 'NOT_FOUND',
  'Mutation.setAccessKeyActive': 'NOT_FOUND',
  'Mutation.deleteAccessKey': 'NOT_FOUND',
  'Mutation.createUser': 'FORBIDDEN',
  'Mutation.updateUser': 'FORBIDDEN',
  'Mutation.deleteUser': 'FORBIDDEN',
  'Mutation.grantPermission': 'NOT_FOUND',
  'Mutation.revokePermission': 'NOT_FOUND',
  'Mutation.verifyAuditLog': 'FORBIDDEN',
};

const NO_TOKEN_NEEDED = ['Mutation.signIn', 'Mutation.signInApplication'];

let w: World;
let there: Named;
let missing: Named;
let nobody: Record<'a user' | 'an application', Client & { id: string }>;
/** Reads the state of all hidden objects from the database. */
let before: string;

beforeAll(async () => {
  w = await world();
  const hidden = await w.secret('hidden_one', { tags: ['hidden:tag'] });
  const deleted = await w.secret('hidden_deleted');
  await w.admin.get('mutation { deleteSecret(name: "hidden_deleted") { id } }');
  const owner = await w.user('hidden_owner');
  const groupId = await w.group('hidden_group', [owner.id]);
  const application = await w.application('hidden_application');
  const permissionId = await w.grant(owner.id, 'READ', 'hidden_one');
  const { auditEvents } = await w.admin.get('{ auditEvents(first: 1) { nodes { id } } }');
  nobody = { 'a user': await w.user('nobody'), 'an application': await w.application('no_application') };

  there = {
    ...{ secret: hidden.name, secretId: hidden.id, deletedSecretId: deleted.id, tag: { key: 'hidden', value: 'tag' } },
    ...{ username: owner.name, userId: owner.id, group: 'hidden_group', groupId, subjectId: owner.id },
    ...{ applicationId: application.id, keyId: application.keyId },
    nodeIds: [hidden.id, deleted.id, owner.id, groupId, application.id, permissionId, auditEvents.nodes[0].id],
  };
  const none = (id: string) => `${id.slice(0, 4)}${'7'.repeat(32)}`;
  missing = {
    ...{ secret: 'missing_one', secretId: none(there.secretId), deletedSecretId: none(there.secretId) },
    ...{ tag: { key: 'missing', value: 'tag' }, username: 'missing_owner', userId: none(there.userId) },
    ...{ group: 'missing_group', groupId: none(groupId), subjectId: none(there.userId) },
    ...{ applicationId: none(application.id), keyId: none(application.keyId), nodeIds: there.nodeIds.map(none) },
  };
  before = await everything();
});
afterAll(() => w.close());

function everything(): Promise<string> {
  return w.database
    .query(
      `SELECT (SELECT json_agg(s ORDER BY id) FROM secrets s) AS secrets, (SELECT json_agg(v ORDER BY secret_id) FROM secret_versions v) AS versions,
         (SELECT json_agg(t ORDER BY id) FROM secret_tags t) AS tags, (SELECT json_agg(p ORDER BY id) FROM permissions p) AS permissions,
         (SELECT json_agg(u ORDER BY id) FROM users u) AS users, (SELECT json_agg(g ORDER BY id) FROM groups g) AS groups,
         (SELECT json_agg(m ORDER BY id) FROM group_members m) AS members, (SELECT json_agg(a ORDER BY id) FROM applications a) AS applications,
         (SELECT json_agg(k ORDER BY id) FROM access_keys k) AS keys, (SELECT json_agg(r ORDER BY id) FROM role_assignments r) AS roles`,
    )
    .then((rows) => JSON.stringify(rows));
}

/**
 * The request about hidden objects and the request about missing objects contain the same value and the same new
 * name, so that their lengths are equal.
 */
const more = { value: sentinel('refused'), name: 'a name of no importance' };

async function ask(who: Client, at: string, named: Named): Promise<Answer> {
  const { operation } = rootFields.find((root) => root.at === at)!;
  return who.ask(operation, ARGUMENTS[at]!(named, more));
}

/** The parts of two answers that a caller could compare. */
function described({ status, text, headers }: Answer, { secret }: Named) {
  const known = [...headers].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name));
  // The error about a refused secret reference repeats the reference from the request.
  return { status, text: text.replaceAll(secret, 'the name that was sent'), known };
}

test('the list of expected refusals contains every root field', () => {
  const all = rootFields.map(({ at }) => at);
  expect(Object.keys(TO_NOBODY)).toEqual(all);
  expect(Object.keys(ARGUMENTS)).toEqual(all);
});

describe.each(rootFields.map(({ at }) => at))('refusals of the root field %s', (at) => {
  const name = at.split('.')[1]!;
  const nullable = !String(
    schema.getType(at.split('.')[0]!) && rootFields.find((root) => root.at === at)!.field.type,
  ).endsWith('!');

  test('without a token, the root field gives the same refusal for existing and missing objects', async () => {
    const [one, other] = [await ask(w.anonymous, at, there), await ask(w.anonymous, at, missing)];
    expect(one.code).toBe('UNAUTHENTICATED');
    expect(one.errors[0]?.extensions.reason).toBe(NO_TOKEN_NEEDED.includes(at) ? undefined : 'MISSING');
    expect(one.errors[0]?.path).toEqual([name]);
    expect(one.data).toEqual(nullable ? { [name]: null } : null);
    expect(described(one, there)).toEqual(described(other, missing));
  });

  test.each(['a user', 'an application'] as const)(
    'to %s without permissions, the root field gives the same answer for hidden and missing objects',
    async (kind) => {
      const who = nobody[kind];
      const statements = async (named: Named) => {
        const start = w.database.statements();
        const answer = await ask(who, at, named);
        return { answer, statements: w.database.statements() - start };
      };
      const [one, other] = [await statements(there), await statements(missing)];
      const { answer } = one;
      const expected = TO_NOBODY[at];
      if (expected === 'itself') expect(answer.data[name].id).toBe(who.id);
      else if (expected === 'null') expect([answer.data, answer.errors]).toEqual([{ [name]: null }, []]);
      else if (expected === 'what was sent') {
        expect([typeof answer.data[name], answer.errors]).toEqual(['object', []]);
      } else if (expected?.startsWith('empty')) {
        const { nodes, pageInfo } = answer.data[name];
        const itself = expected.endsWith('itself') && kind === 'an application';
        expect(nodes.map((node: { id: string }) => node.id)).toEqual(itself ? [who.id] : []);
        expect([answer.errors, pageInfo.hasNextPage]).toEqual([[], false]);
      } else expect([answer.code, answer.errors[0]?.path]).toEqual([expected, [name]]);

      // For this caller, the answers about hidden and about missing objects contain the same text and take the same
      // number of statements.
      expect(described(answer, there)).toEqual(described(other.answer, missing));
      expect(one.statements).toBe(other.statements);
      expect(described(answer, there).text).not.toContain('hidden');
    },
  );
});

test.each(['a user', 'an application'] as const)(
  'the root field node shows no object to %s without permissions',
  async (kind) => {
    for (const [i, id] of there.nodeIds.entries()) {
      const query = 'query ($id: ID!) { node(id: $id) { __typename id } }';
      const [one, other] = [
        await nobody[kind].ask(query, { id }),
        await nobody[kind].ask(query, { id: missing.nodeIds[i] }),
      ];
      expect([one.data, one.errors]).toEqual([{ node: null }, []]);
      expect(described(one, there)).toEqual(described(other, missing));
    }
  },
);

test.each(['a user', 'an application'] as const)('for %s, counts and pages include no hidden object', async (kind) => {
  const { data, errors } = await nobody[kind].ask(`{
    secrets { nodes { id } pageInfo { hasNextPage endCursor } } deleted: secrets(filter: { deleted: true }) { nodes { id } }
    tags { nodes { id secretCount } } groups { nodes { id } } permissions { nodes { id } }
  }`);
  expect(errors).toEqual([]);
  expect(data).toEqual({
    secrets: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } },
    deleted: { nodes: [] },
    tags: { nodes: [] },
    groups: { nodes: [] },
    permissions: { nodes: [] },
  });
});

test('the gateway gives the same refusal for a grant on a used tag and for a grant on an unused tag', async () => {
  const grant = 'mutation ($i: PermissionInput!) { grantPermission(input: $i) { permission { id } } }';
  for (const { tag, subjectId } of [there, missing]) {
    const answer = await nobody['a user'].ask(grant, { i: { subjectId, target: { tag }, access: ['READ'] } });
    expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['FORBIDDEN', 'input.target']);
  }
});

describe('after all requests of a caller without permissions were refused', () => {
  test('the refused requests changed no data', async () => {
    expect(await everything()).toBe(before);
  });

  test('the audit log records every refused mutation with its actor', async () => {
    const rows = await w.database.query<{ action: string; outcome: string; actor: string; code: string }>(
      `SELECT action, outcome, actor_id AS actor, changes->>'code' AS code FROM audit_events WHERE actor_id = ANY($1)`,
      [[nobody['a user'].id, nobody['an application'].id]],
    );
    const tried = rows.filter((row) => row.action !== 'SIGN_IN');
    expect(new Set(tried.map((row) => row.outcome))).toEqual(new Set(['REFUSED']));
    for (const { id } of Object.values(nobody)) {
      const byAction = Object.groupBy(
        tried.filter((row) => row.actor === id),
        (row) => row.action,
      );
      const counts = Object.fromEntries(Object.entries(byAction).map(([action, events]) => [action, events?.length]));
      // The test sent each mutation twice: once for existing objects and once for missing objects.
      expect(counts).toMatchObject({
        ...{
          SECRET_CREATE: 4,
          SECRET_USE: 2,
          SECRET_UPDATE: 2,
          SECRET_ROTATE: 4,
          SECRET_VERSION_DESTROY: 2,
          SECRET_DELETE: 2,
        },
        ...{ SECRET_RESTORE: 2, SECRET_TAG: 2, SECRET_UNTAG: 2, GROUP_CREATE: 2, GROUP_UPDATE: 2, GROUP_DELETE: 2 },
        ...{ GROUP_MEMBER_ADD: 2, GROUP_MEMBER_REMOVE: 2, APPLICATION_CREATE: 2, APPLICATION_UPDATE: 2 },
        ...{ APPLICATION_DELETE: 2, ACCESS_KEY_CREATE: 2, ACCESS_KEY_UPDATE: 2, ACCESS_KEY_DELETE: 2 },
        ...{ USER_CREATE: 2, USER_UPDATE: 2, USER_DELETE: 2, PERMISSION_REVOKE: 2 },
      });
    }
  });

  test('the log of the gateway contains no secret value of the refused requests', () => {
    remember(more.value);
    expect(w.logged()).not.toContain(more.value);
  });
});
