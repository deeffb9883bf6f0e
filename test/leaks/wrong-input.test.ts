import { randomBytes } from 'node:crypto';
import {
  type GraphQLArgument,
  type GraphQLInputField,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, answerOf, type Client } from '../support/app.ts';
import { ARGUMENTS, type Named, type RootField, rootFields, type Variables } from '../support/root-fields.ts';
import { overhear, remember, sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';

let w: World;
/** A caller who has no permissions. */
let nobody: Client;
let named: Named;

beforeAll(async () => {
  w = await world();
  nobody = await w.user('nobody');
  const secret = await w.secret('db', { tags: ['env:prod'] });
  const deleted = await w.secret('gone');
  await w.admin.get('mutation { deleteSecret(name: "gone") { id } }');
  const ann = await w.user('ann');
  const groupId = await w.group('ops', [ann.id]);
  const application = await w.application('pay');
  named = {
    ...{ secret: 'db', secretId: secret.id, deletedSecretId: deleted.id, tag: { key: 'env', value: 'prod' } },
    ...{ username: 'ann', userId: ann.id, group: 'ops', groupId, applicationId: application.id },
    ...{ keyId: application.keyId, subjectId: ann.id, nodeIds: [secret.id] },
  };
});
afterAll(() => w.close());

interface Sent {
  body: string | Buffer;
  headers?: Record<string, string>;
}

/** Sends a request. Checks that neither the answer nor the log contains `secret` or a long part of `secret`. */
async function quiet(secret: string, who: Client, { body, headers = {} }: Sent, path = '/graphql'): Promise<Answer> {
  const before = w.logged().length;
  const authorization: Record<string, string> = who.token === undefined ? {} : { authorization: `Bearer ${who.token}` };
  const method = path === '/graphql' ? 'POST' : 'GET';
  const response = await fetch(w.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...authorization, ...headers },
    ...(method === 'POST' ? { body } : {}),
  });
  const answer = await answerOf(response);
  // The gateway writes the log line after it sends the answer.
  await new Promise((done) => setImmediate(done));
  const said = `${answer.text} ${JSON.stringify([...answer.headers])} ${w.logged().slice(before)}`;
  overhear(said);
  for (const part of [secret, secret.slice(0, 12), secret.slice(-12)]) expect(said).not.toContain(part);
  return answer;
}

const json = (query: string, variables: unknown): Sent => ({ body: JSON.stringify({ query, variables }) });

/** Returns `variables` with a new value at `path`. Removes the value at `path` if `value` is undefined. */
function put(variables: Variables, path: readonly string[], value: unknown): Variables {
  const [key = '', ...rest] = path;
  const { [key]: old, ...others } = variables;
  if (rest.length === 0) return value === undefined ? others : { ...others, [key]: value };
  if (Array.isArray(old)) return { ...others, [key]: [put(old[0], rest, value)] };
  return { ...others, [key]: put((old ?? {}) as Variables, rest, value) };
}

interface Place {
  /** The path of an argument, such as `createSecret.input.value`. */
  at: string;
  path: string[];
  root: RootField;
  arg: GraphQLArgument | GraphQLInputField;
}

/** Returns all arguments and input fields of a root field, at any depth. */
function placesOf(root: RootField): Place[] {
  const below = (args: readonly (GraphQLArgument | GraphQLInputField)[], path: string[]): Place[] =>
    args.flatMap((arg) => {
      const type = getNamedType(arg.type);
      const here = [...path, arg.name];
      const place = { at: [root.field.name, ...here].join('.'), path: here, root, arg };
      return isInputObjectType(type) ? [place, ...below(Object.values(type.getFields()), here)] : [place];
    });
  return below(root.field.args, []);
}
const places = rootFields.flatMap(placesOf);
const VALUES = places.filter(({ arg }) => getNamedType(arg.type).name === 'SecretValue');

test('the list of arguments that accept a secret value is complete', () => {
  expect(VALUES.map(({ at }) => at)).toEqual([
    'signIn.password',
    'signInApplication.keySecret',
    'createSecret.input.value',
    'rotateSecret.input.value',
    'createUser.input.password',
    'updateUser.input.password',
  ]);
});

describe.each(VALUES)('secret values in the argument $at', ({ path, root }) => {
  const S = sentinel('wrong');
  const good = () => ARGUMENTS[root.at]!(named, { value: S, name: 'a name' });
  const siblings = placesOf(root).filter((place) => place.path.join() !== path.join());
  const [parent, leaf] = [path.slice(0, -1), path.at(-1)!];
  const head = `mutation (${root.field.args.map(({ name, type }) => `$${name}: ${type}`).join(', ')})`;
  const passing = (value: string) =>
    `${head} { ${root.field.name}(${root.field.args.map(({ name }) => `${name}: $${name}`).join(', ')}) { __typename } ${value} }`;

  /** Returns the arguments as GraphQL literals, with `literal` in place of the secret value. */
  const literally = (literal: string, more = '') => {
    const write = (value: unknown, at: string[]): string => {
      if (at.join() === path.join()) return literal;
      if (Array.isArray(value)) return `[${value.map((item) => write(item, [...at, '0'])).join(', ')}]`;
      if (typeof value === 'object' && value !== null) {
        const inside = Object.entries(value).map(([key, item]) => `${key}: ${write(item, [...at, key])}`);
        return `{ ${inside.join(', ')}${at.join() === parent.join() ? more : ''} }`;
      }
      return /^[A-Z_]+$/.test(String(value)) ? String(value) : JSON.stringify(value);
    };
    const written = Object.entries(good()).map(([key, value]) => `${key}: ${write(value, [key])}`);
    return `mutation { ${root.field.name}(${written.join(', ')}${parent.length === 0 ? more : ''}) { __typename } }`;
  };
  const without = (text: string, name: string) => text.replace(new RegExp(`\\b${name}: "[^"]*",? ?`), '');
  const other = siblings.find((place) => place.path.length === path.length)!.path.at(-1)!;

  const WRONG: [what: string, make: () => Sent][] = [
    // These requests contain the secret value in a variable.
    ['in a list', () => json(root.operation, put(good(), path, [S]))],
    ['in a list of two', () => json(root.operation, put(good(), path, [S, S]))],
    ['in an object', () => json(root.operation, put(good(), path, { [S]: S }))],
    ['in an unknown field', () => json(root.operation, put(good(), [...parent, `${leaf}s`], S))],
    ['as the name of a field', () => json(root.operation, put(good(), [...parent, S], 1))],
    ['instead of its object', () => json(root.operation, put(good(), [path[0]!], S))],
    ['too long', () => json(root.operation, put(good(), path, S.repeat(2_600)))],
    ['with a lone surrogate', () => json(root.operation, put(good(), path, `${S}\ud800`))],
    ['in another variable', () => json(root.operation, { [`${path[0]}s`]: S })],
    [
      'as the name of a variable',
      () => json(passing(`... @skip(if: $${S.replaceAll('-', '_')}) { __typename }`), good()),
    ],
    ['as all the variables', () => json(root.operation, S)],
    ['in variables that are a list', () => json(root.operation, [S])],
    ['in variables that are text', () => json(root.operation, JSON.stringify(good()))],
    [
      'in a variable of another type',
      () => {
        const query = `mutation ($v: String!) { ${literally('$v').slice('mutation { '.length)}`;
        return json(query, { v: S });
      },
    ],
    ['beside an unused variable', () => json(passing('').replace('mutation (', 'mutation ($none: Int, '), good())],
    ['beside a field that the schema does not have', () => json(passing('nothing'), good())],

    // These requests contain the secret value in the GraphQL document.
    ['as a name', () => json(literally(S.replaceAll('-', '_')), {})],
    ['as a literal in a list', () => json(literally(`["${S}", "${S}"]`), {})],
    ['as a literal in an object', () => json(literally(`{ a: "${S}" }`), {})],
    ['as a literal beside an unknown field', () => json(literally(`"${S}"`, `, ${leaf}s: "${S}"`), {})],
    ['as a literal twice', () => json(literally(`"${S}"`, `, ${leaf}: "${S}"`), {})],
    ['as a literal without the other required arguments', () => json(without(literally(`"${S}"`), other), {})],
    ['as a literal that does not end', () => json(literally(`"${S}`), {})],
    ['as a literal over two lines', () => json(literally(`"${S}\n"`), {})],
    ['as a block string that does not end', () => json(literally(`"""${S}`), {})],
    ['as a literal with a bad escape', () => json(literally(`"${S}\\x${S}"`), {})],
    ['in single quotes', () => json(literally(`'${S}'`), {})],
    ['as a literal with a lone surrogate', () => json(literally(`"${S}\\ud800"`), {})],
    ['as a literal too long', () => json(literally(`"${S.repeat(2_600)}"`), {})],
    ['in a document that goes on after its end', () => json(`${literally(`"${S}"`)} ${S}`, {})],
    ['in a comment of a document that is broken', () => json(`# ${S}\n{`, {})],

    // These requests contain the secret value in an unexpected part of the HTTP request.
    [
      'in JSON that breaks',
      () => ({ body: JSON.stringify({ query: root.operation, variables: good() }).slice(0, -2) }),
    ],
    ['in a list of requests', () => ({ body: JSON.stringify([{ query: root.operation, variables: good() }]) })],
    [
      'in another charset',
      () => ({ ...json(root.operation, good()), headers: { 'content-type': 'application/json; charset=utf-16' } }),
    ],
    ['as a form', () => ({ body: `query=${S}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } })],
    [
      'in a body that is not UTF-8',
      () => ({ body: Buffer.concat([Buffer.from(`{"query":"${S}`), Buffer.from([0xff]), Buffer.from('"}')]) }),
    ],
    ['in too long a body', () => json(root.operation, put(good(), path, S.repeat(40_000)))],
    [
      'with a media type of the answer that the gateway does not support',
      () => ({ ...json(root.operation, good()), headers: { accept: 'text/html' } }),
    ],
    [
      'with an unknown operation name',
      () => ({ body: JSON.stringify({ query: root.operation, variables: good(), operationName: S }) }),
    ],
    ['as a token', () => ({ ...json('{ viewer { id } }', {}), headers: { authorization: `Bearer ${S}` } })],
    [
      'as another token',
      () => ({ ...json('{ viewer { id } }', {}), headers: { 'x-authorization': S, authorization: '' } }),
    ],
  ];

  test.each(WRONG)(
    'if a client sends a secret value %s, no error and no log line contains the value',
    async (_, make) => {
      const { errors, status } = await quiet(S, w.admin, make());
      expect(errors.length).toBeGreaterThan(0);
      for (const { extensions } of errors) {
        expect(extensions.code).toMatch(/^[A-Z_]+$/);
        expect(extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
      }
      expect(status).toBeLessThan(500);
    },
  );

  test.each(siblings.map((place) => [place.path.join('.'), place] as const))(
    'if a request contains a secret value and a wrong %s, no error and no log line contains the value',
    async (_, place) => {
      for (const value of [{ [S]: S }, [[S]], 1.5, S, '', null, undefined]) {
        await quiet(S, w.anonymous, json(root.operation, put(good(), place.path, value)));
        await quiet(S, nobody, json(root.operation, put(good(), place.path, value)));
      }
    },
  );

  test('if a client sends a secret value over GET, no error and no log line contains the value', async () => {
    const search = (query: string, variables: unknown) =>
      `/graphql?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(JSON.stringify(variables))}`;
    expect((await quiet(S, w.admin, { body: '' }, search(root.operation, good()))).status).toBe(405);
    expect((await quiet(S, w.admin, { body: '' }, search(literally(`"${S}"`), {}))).status).toBe(405);
    expect((await quiet(S, w.admin, { body: '' }, search('{ __typename }', S))).status).toBe(400);
  });
});

const create = 'mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { id } } }';
const rotate = 'mutation ($i: RotateSecretInput!) { rotateSecret(input: $i) { secret { id } } }';
const createUser = 'mutation ($i: CreateUserInput!) { createUser(input: $i) { user { id } } }';
const updateUser = 'mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }';
const signIn = 'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }';
const signInApplication =
  'mutation ($k: String!, $s: SecretValue!) { signInApplication(keyId: $k, keySecret: $s) { token } }';

describe('secret values in refused requests', () => {
  const S = sentinel('refused');
  const tooMany = Array.from({ length: 51 }, (_, i) => ({ key: 'k', value: `v${i}` }));
  // A password of 7 characters is too short to contain a sentinel. Therefore the password itself is the sentinel.
  const weak = randomBytes(5).toString('base64url');
  const long = `${S}${'x'.repeat(1_024)}`;

  const REFUSED: [what: string, who: () => Client, query: string, variables: () => Variables, code: string][] = [
    ['without a token', () => w.anonymous, create, () => ({ i: { name: 'x', value: S } }), 'UNAUTHENTICATED'],
    ['by a caller without permission', () => nobody, create, () => ({ i: { name: 'x', value: S } }), 'FORBIDDEN'],
    ['for a name that is taken', () => w.admin, create, () => ({ i: { name: 'db', value: S } }), 'NAME_TAKEN'],
    [
      'for an invalid name',
      () => w.admin,
      create,
      () => ({ i: { name: S.replace('-', ' '), value: S } }),
      'BAD_USER_INPUT',
    ],
    ['for a name too long', () => w.admin, create, () => ({ i: { name: S.repeat(9), value: S } }), 'BAD_USER_INPUT'],
    [
      'with a description too long',
      () => w.admin,
      create,
      () => ({ i: { name: 'x', value: S, description: S.repeat(100) } }),
      'BAD_USER_INPUT',
    ],
    [
      'with too many tags',
      () => w.admin,
      create,
      () => ({ i: { name: 'x', value: S, tags: tooMany } }),
      'BAD_USER_INPUT',
    ],
    [
      'with a malformed tag',
      () => w.admin,
      create,
      () => ({ i: { name: 'x', value: S, tags: [{ key: `${S}:`, value: S }] } }),
      'BAD_USER_INPUT',
    ],
    [
      'for a version that is not the current one',
      () => w.admin,
      rotate,
      () => ({ i: { name: 'db', value: S, expectedVersion: 9 } }),
      'VERSION_CONFLICT',
    ],
    ['for a secret that is hidden', () => nobody, rotate, () => ({ i: { name: 'db', value: S } }), 'NOT_FOUND'],
    ['for a missing secret', () => w.admin, rotate, () => ({ i: { name: 'nothing', value: S } }), 'NOT_FOUND'],
    [
      'together with a request to generate a value',
      () => w.admin,
      rotate,
      () => ({ i: { name: 'db', value: S, generate: {} } }),
      'BAD_USER_INPUT',
    ],
    [
      'as a password of a user whose name is taken',
      () => w.admin,
      createUser,
      () => ({ i: { username: 'ann', name: 'n', password: S } }),
      'NAME_TAKEN',
    ],
    [
      'as a password of a user with an invalid name',
      () => w.admin,
      createUser,
      () => ({ i: { username: ` ${S}`, name: S, password: S } }),
      'BAD_USER_INPUT',
    ],
    [
      'as a password set by a caller without permission',
      () => nobody,
      createUser,
      () => ({ i: { username: 'x', name: 'n', password: S } }),
      'FORBIDDEN',
    ],
    [
      'as a password too long',
      () => w.admin,
      createUser,
      () => ({ i: { username: 'x', name: 'n', password: long } }),
      'BAD_USER_INPUT',
    ],
    [
      'as a password too short',
      () => w.admin,
      createUser,
      () => ({ i: { username: 'x', name: 'n', password: weak } }),
      'BAD_USER_INPUT',
    ],
    [
      'as a new password too long',
      () => w.admin,
      updateUser,
      () => ({ i: { id: named.userId, password: long } }),
      'BAD_USER_INPUT',
    ],
    [
      'as a new password too short',
      () => w.admin,
      updateUser,
      () => ({ i: { id: named.userId, password: weak } }),
      'BAD_USER_INPUT',
    ],
    [
      'as a new password of a missing user',
      () => w.admin,
      updateUser,
      () => ({ i: { id: S, password: S } }),
      'NOT_FOUND',
    ],
    [
      'as a new password set by a caller without permission',
      () => nobody,
      updateUser,
      () => ({ i: { id: named.userId, password: S } }),
      'FORBIDDEN',
    ],
    ['as a wrong password', () => w.anonymous, signIn, () => ({ u: 'ann', p: S }), 'UNAUTHENTICATED'],
    ['as the password of a missing user', () => w.anonymous, signIn, () => ({ u: S, p: S }), 'UNAUTHENTICATED'],
    [
      'as a password with NUL and quotes',
      () => w.anonymous,
      signIn,
      () => ({ u: `${S}\0'"`, p: `${S}\0'"` }),
      'UNAUTHENTICATED',
    ],
    [
      'as a wrong secret of an access key',
      () => w.anonymous,
      signInApplication,
      () => ({ k: named.keyId, s: S }),
      'UNAUTHENTICATED',
    ],
    [
      'as the secret of a missing access key',
      () => w.anonymous,
      signInApplication,
      () => ({ k: S, s: S }),
      'UNAUTHENTICATED',
    ],
  ];

  test.each(REFUSED)(
    'the answer to a refused request does not contain the secret value: %s',
    async (_, who, query, variables, code) => {
      remember(weak);
      const secret = JSON.stringify(variables()).includes(weak) ? weak : S;
      const answer = await quiet(secret, who(), json(query, variables()));
      expect([answer.code, answer.text.includes(weak)]).toEqual([code, false]);
    },
  );

  test('if a change would remove the last administrator, the answer does not contain the password in the request', async () => {
    const { viewer } = await w.admin.get('{ viewer { id } }');
    const answer = await quiet(S, w.admin, json(updateUser, { i: { id: viewer.id, password: S, roles: [] } }));
    expect(answer.code).toBe('LAST_ADMIN');
  });

  test('if the gateway refuses a sign-in after too many failures, the answer does not contain the password', async () => {
    const codes = [];
    for (let i = 0; i < 12; i++) codes.push((await quiet(S, w.anonymous, json(signIn, { u: 'throttled', p: S }))).code);
    expect(codes.at(-1)).toBe('RATE_LIMITED');
  });
});

describe('secret values that the database rejects', () => {
  const S = sentinel('broken');
  const BROKEN: [what: string, query: string, table: string, variables: () => Variables][] = [
    [
      'a secret',
      create,
      'secrets',
      () => ({ i: { name: S, value: S, description: S, tags: [{ key: 'k', value: S }] } }),
    ],
    ['a version', rotate, 'secret_versions', () => ({ i: { name: 'db', value: S } })],
    ['a tag', create, 'secret_tags', () => ({ i: { name: S, value: S, tags: [{ key: 'k', value: S }] } })],
    ['a user', createUser, 'users', () => ({ i: { username: S, name: S, email: S, password: S } })],
    ['a role', createUser, 'role_assignments', () => ({ i: { username: S, name: S, email: S, password: S } })],
    ['an audit event', create, 'audit_events', () => ({ i: { name: S, value: S } })],
  ];

  /** Runs `act` while a database trigger runs `what` for every row that is inserted into `table`. */
  async function meanwhile<T>(table: string, what: string, act: () => Promise<T>): Promise<T> {
    await w.database.query(
      `CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${what}; RETURN NEW; END $$`,
    );
    await w.database.query(
      `CREATE TRIGGER break_it BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION break_it()`,
    );
    try {
      return await act();
    } finally {
      await w.database.query(`DROP TRIGGER break_it ON ${table}`);
      await w.database.query('DROP FUNCTION break_it()');
    }
  }
  const errorsIn = (log: string) =>
    log
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .filter(({ level }) => level >= 40);

  test.each(BROKEN)(
    'if an insert of %s fails, no answer and no log line contains the value, even if the database error quotes the value',
    async (_, query, table, variables) => {
      const raise = `RAISE EXCEPTION 'new row % is wrong', NEW USING ERRCODE = '23514', DETAIL = NEW::text, HINT = NEW::text`;
      const before = w.logged().length;
      const answer = await meanwhile(table, raise, () => quiet(S, w.admin, json(query, variables())));
      expect(answer.code).toBe(table === 'audit_events' ? 'UNAVAILABLE' : 'INTERNAL_SERVER_ERROR');
      expect(answer.data).toEqual({ [/createUser|createSecret|rotateSecret/.exec(query)![0]]: null });
      expect(errorsIn(w.logged().slice(before))).toHaveLength(1);
    },
  );

  test.each(BROKEN)(
    'if the connection breaks during an insert of %s, no answer and no log line contains the value',
    async (_, query, table, variables) => {
      const answer = await meanwhile(table, 'PERFORM pg_terminate_backend(pg_backend_pid())', () =>
        quiet(S, w.admin, json(query, variables())),
      );
      expect(answer.code).toBe('UNAVAILABLE');
    },
  );

  test('if the connection breaks during a sign-in, no answer and no log line contains the password', async () => {
    const ben = await w.user('ben');
    const answer = await meanwhile('audit_events', 'PERFORM pg_terminate_backend(pg_backend_pid())', () =>
      quiet(ben.password, w.anonymous, json(signIn, { u: 'ben', p: ben.password })),
    );
    expect(answer.code).toBe('UNAVAILABLE');
  });
});

/** Returns whether the field returns a payload. A payload repeats the input. */
const givesBack = ({ at }: RootField) => /^Query\.(resolveReferences|maskPayload|archivePayload)$/.test(at);

describe('arbitrary strings in a request', () => {
  /** Arguments for a string, a number, a time or an enum value. */
  const leaves = places.filter(({ arg }) => !isInputObjectType(getNamedType(arg.type)));

  test.each(leaves)('no error and no log line contains a string from the argument $at', async ({ root, path, arg }) => {
    const S = sentinel('text');
    const inList = isListType(getNullableType(arg.type));
    const variables = ARGUMENTS[root.at]!(named, { value: sentinel('unused'), name: 'a name' });
    // The request also lacks a required argument, so that it changes no data. First the string is too long, and then
    // it is malformed.
    const missing = placesOf(root).find((place) => isNonNullType(place.arg.type) && place.path.join() !== path.join());
    const asked: Variables[] = [
      put(variables, path, inList ? [`${S}:\u0001 `] : `${S}:\u0001 `),
      put(variables, path, inList ? [S.repeat(300)] : S.repeat(300)),
      put(variables, path, { [S]: S }),
      ...(missing ? [put(put(variables, path, inList ? [S] : S), missing.path, undefined)] : []),
    ];
    for (const one of asked) {
      const before = w.logged().length;
      const { errors, headers } = await (givesBack(root) ? nobody.askRevealing : nobody.ask)(root.operation, one);
      await new Promise((done) => setImmediate(done));
      const said = `${JSON.stringify(errors)} ${JSON.stringify([...headers])} ${w.logged().slice(before)}`;
      expect(said).not.toContain(S);
      if (isEnumType(getNamedType(arg.type))) expect(errors.length).toBeGreaterThan(0);
    }
  });

  test.each(rootFields.filter(({ field }) => field.args.some(({ name }) => name === 'after')))(
    'no error and no log line contains a cursor from the argument $at',
    async (root) => {
      const S = sentinel('cursor');
      const forged = Buffer.from(JSON.stringify([S, `01890a5d-ac96-774b-bcce-b302099a8057`])).toString('base64url');
      for (const after of [S, forged, forged.slice(0, -2), S.repeat(200)]) {
        const before = w.logged().length;
        const { errors, text } = await w.admin.ask(root.operation, {
          ...ARGUMENTS[root.at]!(named, { value: S, name: S }),
          after,
        });
        await new Promise((done) => setImmediate(done));
        for (const said of [JSON.stringify(errors), text, w.logged().slice(before)]) {
          expect(said).not.toContain(S);
          expect(said).not.toContain(forged.slice(0, -4));
        }
        if (after !== forged)
          expect(errors.map(({ extensions }) => extensions)).toEqual([
            { code: 'BAD_USER_INPUT', field: 'after', expected: expect.any(String) },
          ]);
        else
          for (const { extensions } of errors)
            expect(extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'after', expected: expect.any(String) });
      }
    },
  );
});

test('the log line of a request contains the path and the status, and no part of the query string', async () => {
  const S = sentinel('query');
  const before = w.logged().length;
  await quiet(S, w.admin, { body: '' }, `/graphql?query=${encodeURIComponent(`{ secret(name: "${S}") { id } }`)}`);
  const lines = w.logged().slice(before).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 30, method: 'GET', path: '/graphql', status: 200 },
  ]);
});
