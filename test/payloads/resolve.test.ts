import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../audit/events.ts';
import { remove, rotate, update } from '../secrets/operations.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type SomeSecret, type SomeUser, type World, world } from '../support/world.ts';
import { ref, resolve } from './operations.ts';

let w: World;
/** An application that has EXECUTE on secrets with the tag `env:prod`. */
let worker: SomeApplication;
let nobody: SomeUser;
let db: SomeSecret;
let json: SomeSecret;
let hidden: SomeSecret;
const password = sentinel();
beforeAll(async () => {
  w = await world();
  worker = await w.application('worker');
  nobody = await w.user('nobody');
  db = await w.secret('db', { tags: ['env:prod'] });
  json = await w.secret('json', { tags: ['env:prod'], value: JSON.stringify({ user: 'ann', password, port: 5432 }) });
  hidden = await w.secret('hidden');
  await w.grant(worker.id, 'EXECUTE', 'env:prod');
});
afterAll(() => w.close());

/** Returns the audit events about uses of secrets since the last call of this function. */
let known = 0;
async function uses() {
  const all = await eventsOf(w.admin, { actions: ['SECRET_USE'] });
  const fresh = all.slice(0, all.length - known);
  known = all.length;
  return fresh
    .map(({ outcome, subject, version, changes, actor }) => ({
      outcome,
      id: subject?.id,
      name: subject?.name,
      version,
      code: changes?.code,
      actor: actor.id,
    }))
    .sort((a, b) => String(a.name).localeCompare(String(b.name)));
}
const problemsOf = (answer: Awaited<ReturnType<typeof resolve>>) => [
  answer.code,
  answer.errors[0]?.extensions.references,
];

describe('permission to use a secret', () => {
  test('if a caller has EXECUTE on secrets, resolving replaces references by secret values, and the caller cannot reveal these secrets', async () => {
    const { data, errors } = await resolve(worker, {
      a: `Bearer ${ref('db')}`,
      b: [ref('json.password'), ref('json.port')],
    });
    expect(errors).toEqual([]);
    expect(data.resolveReferences).toEqual({
      payload: { a: `Bearer ${db.value}`, b: [password, 5432] },
      references: [
        { name: 'db', pointers: ['/a'], resolvable: true, problem: null },
        { name: 'json', pointers: ['/b/0', '/b/1'], resolvable: true, problem: null },
      ],
    });
    expect(await w.reveal(worker, 'db')).toBe('FORBIDDEN');
    expect(await uses()).toEqual([
      { outcome: 'DONE', id: db.id, name: 'db', version: 1, code: undefined, actor: worker.id },
      { outcome: 'DONE', id: json.id, name: 'json', version: 1, code: undefined, actor: worker.id },
    ]);
  });

  test.each([
    ['EXECUTE on its name', 'EXECUTE', true],
    ['READ on its name', 'READ', true],
    ['UPDATE on its name alone', 'UPDATE', false],
    ['DELETE on its name alone', 'DELETE', false],
    ['CREATE on its name alone', 'CREATE', false],
  ] as const)('a caller with %s may use the secret (%s): %s', async (_, access, may) => {
    const name = `by_${access}`;
    const { value } = await w.secret(name);
    const user = await w.user(`with_${access}`);
    await w.grant(user.id, access, name);
    const answer = await resolve(user, ref(name));
    if (may) expect(answer.data.resolveReferences.payload).toBe(value);
    else
      expect(problemsOf(answer)).toEqual(['UNRESOLVED_REFERENCES', [{ name, pointers: [''], problem: 'NOT_FOUND' }]]);
  });

  test('a member of a group with EXECUTE on a secret may use the secret until the user leaves the group', async () => {
    const ann = await w.user('ann_in_group');
    const group = await w.group('users_of_db', [ann.id]);
    await w.grant(group, 'EXECUTE', 'db');
    expect((await resolve(ann, ref('db'))).data.resolveReferences.payload).toBe(db.value);
    await w.revoke(group, 'db');
    expect((await resolve(ann, ref('db'))).code).toBe('UNRESOLVED_REFERENCES');
  });

  test('an administrator may use every secret, and an AUDITOR may use no secret', async () => {
    expect((await resolve(w.admin, ref('db'))).data.resolveReferences.payload).toBe(db.value);
    const auditor = await w.user('auditor', { roles: ['AUDITOR'] });
    expect((await resolve(auditor, ref('db'))).code).toBe('UNRESOLVED_REFERENCES');
  });

  test('a caller cannot use a secret after its tag with the grant is removed, or after the grant of the caller expires', async () => {
    const { value } = await w.secret('short');
    const ann = await w.user('ann_for_a_while');
    await w.grant(ann.id, 'EXECUTE', 'short', { expiresAt: w.clock.in({ seconds: 50 }) });
    expect((await resolve(ann, ref('short'))).data.resolveReferences.payload).toBe(value);
    w.clock.advance({ seconds: 60 });
    expect((await resolve(ann, ref('short'))).code).toBe('UNRESOLVED_REFERENCES');
  });
});

describe('references that the gateway cannot resolve', () => {
  test('the answer is equal for references to missing and to forbidden secrets, but their audit events differ', async () => {
    await uses();
    const answer = await resolve(worker, { a: ref('hidden'), b: ref('missing') });
    expect(problemsOf(answer)).toEqual([
      'UNRESOLVED_REFERENCES',
      [
        { name: 'hidden', pointers: ['/a'], problem: 'NOT_FOUND' },
        { name: 'missing', pointers: ['/b'], problem: 'NOT_FOUND' },
      ],
    ]);
    expect(answer.data).toBeNull();
    expect(await uses()).toEqual([
      { outcome: 'REFUSED', id: hidden.id, name: 'hidden', version: null, code: 'FORBIDDEN', actor: worker.id },
      { outcome: 'REFUSED', id: '', name: 'missing', version: null, code: 'NOT_FOUND', actor: worker.id },
    ]);
  });

  test('if one reference of a call cannot be resolved, the call fails, and the gateway decrypts and records no secret of the call', async () => {
    const answer = await resolve(worker, [ref('db'), ref('hidden')]);
    expect(answer.code).toBe('UNRESOLVED_REFERENCES');
    expect(answer.text).not.toContain(db.value);
    expect((await uses()).map(({ name, outcome }) => [name, outcome])).toEqual([['hidden', 'REFUSED']]);
  });

  test('resolving a reference to an expired secret fails', async () => {
    await w.secret('old', { tags: ['env:prod'], expiresAt: w.clock.in({ minutes: 1 }) });
    expect((await resolve(worker, ref('old'))).code).toBeUndefined();
    w.clock.advance({ minutes: 2 });
    await uses();
    const expired = [{ name: 'old', pointers: [''], problem: 'EXPIRED' }];
    expect(problemsOf(await resolve(worker, ref('old')))[1]).toEqual(expired);
    expect((await uses()).map(({ name, outcome, code }) => [name, outcome, code])).toEqual([
      ['old', 'REFUSED', 'EXPIRED'],
    ]);
    // A caller without access cannot find out that the secret has expired.
    const missing = [{ name: 'old', pointers: [''], problem: 'NOT_FOUND' }];
    expect(problemsOf(await resolve(nobody, ref('old')))[1]).toEqual(missing);
  });

  test('resolving a reference to a deleted secret fails', async () => {
    await w.secret('gone', { tags: ['env:prod'] });
    await remove(w.admin, 'gone');
    expect(problemsOf(await resolve(worker, ref('gone')))[1]).toEqual([
      { name: 'gone', pointers: [''], problem: 'NOT_FOUND' },
    ]);
  });

  test('if a reference contains a path and the secret value is not JSON or lacks the field, resolving fails, and the audit log records the use and the failure', async () => {
    await uses();
    const answer = await resolve(worker, [ref('db.a'), ref('json.nope'), ref('json.port')]);
    expect(problemsOf(answer)).toEqual([
      'UNRESOLVED_REFERENCES',
      [
        { name: 'db', pointers: ['/0'], problem: 'NOT_JSON' },
        { name: 'json', pointers: ['/1'], problem: 'NO_FIELD' },
      ],
    ]);
    expect((await uses()).map(({ name, outcome, code }) => [name, outcome, code])).toEqual([
      ['db', 'FAILED', 'NOT_JSON'],
      ['db', 'DONE', undefined],
      ['json', 'FAILED', 'NO_FIELD'],
      ['json', 'DONE', undefined],
    ]);
  });

  test('if a secret value contains a JSON field whose name contains dots, the error about a path suggests the quoted name, and names no other field of the value', async () => {
    const [cert, other] = [sentinel(), sentinel('key')];
    await w.secret('tls', {
      tags: ['env:prod'],
      value: JSON.stringify({ 'tls.crt': cert, [other]: 1, in: { 'a.b': [{ 'c.d': 1 }] } }),
    });
    const answer = await resolve(worker, [
      ref('tls.tls.crt'),
      ref('tls.nope'),
      ref('tls.in.a.b[0].c.d'),
      ref('tls.in.a.b'),
    ]);
    const [, references] = problemsOf(answer);
    expect(references).toEqual([
      { name: 'tls', pointers: ['/0'], problem: 'NO_FIELD', suggestion: "${workflow.secrets.tls['tls.crt']}" },
      { name: 'tls', pointers: ['/1', '/2'], problem: 'NO_FIELD' },
      { name: 'tls', pointers: ['/3'], problem: 'NO_FIELD', suggestion: "${workflow.secrets.tls.in['a.b']}" },
    ]);
    expect(answer.text).not.toContain(other);
    expect((await resolve(worker, [ref("tls['tls.crt']")])).data.resolveReferences.payload).toEqual([cert]);
    expect(problemsOf(await resolve(nobody, [ref('tls.tls.crt')]))[1]).toEqual([
      { name: 'tls', pointers: ['/0'], problem: 'NOT_FOUND' },
    ]);
  });

  test('the gateway rejects a malformed reference without reading a secret', async () => {
    await uses();
    const texts = ['${ workflow.secrets.db }', 'Bearer ${workflow.secrets.db', '$ {workflow.secrets.db}'];
    const answer = await resolve(worker, texts);
    expect(problemsOf(answer)).toEqual([
      'UNRESOLVED_REFERENCES',
      texts.map((text, i) => ({ name: text.replace('Bearer ', ''), pointers: [`/${i}`], problem: 'MALFORMED' })),
    ]);
    expect(await uses()).toEqual([]);
  });

  test('if the secret name in a reference comes from workflow input, the gateway rejects the reference without reading a secret', async () => {
    await uses();
    const text = '${workflow.secrets.${workflow.input.n}}';
    const answer = await resolve(worker, { a: text, b: ref('db') }, { n: 'db' });
    expect(problemsOf(answer)[1]).toEqual([{ name: text, pointers: ['/a'], problem: 'MALFORMED' }]);
    expect(await uses()).toEqual([]);
  });
});

describe('limits of payloads', () => {
  const many = (count: number, text: (i: number) => string) => Array.from({ length: count }, (_, i) => text(i));
  let deep: unknown = ref('db');
  for (let i = 0; i < 101; i++) deep = [deep];
  test.each([
    ['deeper than 100 levels', deep],
    ['201 secrets', many(201, (i) => ref(`s${i}`))],
    ['5,001 references', many(5_001, () => ref('db'))],
  ])(
    'if a payload exceeds a limit, the gateway rejects it, and the error names the argument: %s',
    async (_, payload) => {
      const answer = await resolve(worker, payload);
      expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'payload']);
    },
  );

  test('the gateway rejects workflow input with too many levels before it uses any secret, even if the payload does not insert the input', async () => {
    await uses();
    for (const payload of [ref('db'), '${workflow.input}', '${workflow.input[0]}']) {
      const answer = await resolve(worker, payload, deep);
      expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'input']);
    }
    expect(await uses()).toEqual([]);
  });

  test('if a payload exceeds 8 MiB after resolving, the gateway rejects it and records a failed use', async () => {
    await w.secret('large', { tags: ['env:prod'], value: `${sentinel()}${'x'.repeat(60_000)}` });
    await uses();
    const answer = await resolve(
      worker,
      many(200, () => ref('large')),
    );
    expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'payload']);
    expect((await uses()).map(({ outcome, code }) => [outcome, code])).toEqual([
      ['FAILED', 'BAD_USER_INPUT'],
      ['DONE', undefined],
    ]);
    expect(
      (
        await resolve(
          worker,
          many(100, () => ref('large')),
        )
      ).data.resolveReferences.payload,
    ).toHaveLength(100);
  });

  test('if nine aliases together contain hundreds of thousands of expressions, the first alias resolves and the last alias fails', async () => {
    const payload = '${x}'.repeat(125_000);
    const nine = (field: string) => Array.from({ length: 9 }, (_, i) => `r${i}: ${field}`).join(' ');
    const resolved = await worker.ask(
      `query ($p: JSON!) { ${nine('resolveReferences(payload: $p) { references { name } }')} }`,
      {
        p: payload,
      },
    );
    expect([resolved.code, resolved.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'payload']);
    const checked = await worker.ask(`query ($p: JSON!) { ${nine('checkReferences(payload: $p) { name }')} }`, {
      p: payload,
    });
    expect([checked.code, checked.errors[0]?.extensions.field, checked.errors[0]?.path]).toEqual([
      'BAD_USER_INPUT',
      'payload',
      ['r3'],
    ]);
    const one = await worker.ask('query ($p: JSON!) { checkReferences(payload: $p) { name } }', {
      p: '${x}'.repeat(250_000),
    });
    expect(one.data).toEqual({ checkReferences: [] });
  });

  test('if one alias of a request masks a megabyte, less effort remains for the other aliases of the request', async () => {
    const fields = [0, 1, 2].map((i) => `c${i}: checkReferences(payload: $p) { name } m${i}: maskPayload(payload: $p)`);
    const answer = await worker.ask(`query ($p: JSON!) { ${fields.join(' ')} }`, { p: 'a b '.repeat(250_000) });
    expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'payload']);
  });

  test('if the results of several aliases together exceed the limit, the last alias fails, and the audit log records that its use of a secret failed', async () => {
    await w.secret('wide', { tags: ['env:prod'], value: `${sentinel()}${'x'.repeat(65_000)}` });
    await uses();
    const payload = many(120, () => ref('wide'));
    const fields = Array.from({ length: 5 }, (_, i) => `r${i}: resolveReferences(payload: $p) { references { name } }`);
    const answer = await worker.ask(`query ($p: JSON!) { ${fields.join(' ')} }`, { p: payload });
    expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'payload']);
    expect((await uses()).map(({ outcome, code }) => [outcome, code])).toContainEqual(['FAILED', 'BAD_USER_INPUT']);
  });

  test('the gateway refuses a request with too many payloads', async () => {
    const eleven = Array.from({ length: 11 }, (_, i) => `r${i}: resolveReferences(payload: 1) { payload }`).join(' ');
    expect((await worker.ask(`{ ${eleven} }`)).code).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});

test('resolving preserves the exact notation of numbers that a double cannot represent', async () => {
  await w.secret('numbers', {
    tags: ['env:prod'],
    value: '{"id": 12345678901234567890, "f": 0.1000000000000000055511151231257827}',
  });
  const body = `{"query":"query ($p: JSON!) { resolveReferences(payload: $p) { payload } }","variables":{"p":[98765432109876543210,"\${workflow.secrets.numbers.id}","\${workflow.secrets.numbers.f}"]}}`;
  const response = await fetch(`${w.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${worker.token}` },
    body,
  });
  expect(await response.text()).toContain(
    '"payload":[98765432109876543210,12345678901234567890,0.1000000000000000055511151231257827]',
  );
});

test('the gateway refuses every payload operation over GET', async () => {
  for (const field of [
    'resolveReferences(payload: 1) { payload }',
    'checkReferences(payload: 1) { name }',
    'maskPayload(payload: 1)',
    'archivePayload(payload: 1)',
  ]) {
    const response = await fetch(`${w.url}/graphql?query=${encodeURIComponent(`{ ${field} }`)}`, {
      headers: { authorization: `Bearer ${worker.token}`, 'apollo-require-preflight': 'x' },
    });
    const { errors } = (await response.json()) as { errors: { extensions: object }[] };
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'payload' });
  }
});

describe('database statements of resolving', () => {
  const statementsOf = async (work: () => Promise<unknown>) => {
    const before = w.database.statements();
    await work();
    return w.database.statements() - before;
  };

  test('resolving takes one database statement for any number of secret names, if the gateway has cached the secrets', async () => {
    for (let i = 0; i < 20; i++) await w.secret(`n${i}`, { tags: ['env:prod'] });
    const names = Array.from({ length: 20 }, (_, i) => ref(`n${i}`));
    expect(await statementsOf(() => resolve(worker, names))).toBe(2);
    expect(await statementsOf(() => resolve(worker, names.slice(0, 1)))).toBe(1);
    expect(await statementsOf(() => resolve(worker, [names, names]))).toBe(1);
  });

  test('resolving takes the same number of database statements for missing secrets and for hidden secrets', async () => {
    expect(await statementsOf(() => resolve(worker, [ref('hidden')]))).toBe(2);
    expect(await statementsOf(() => resolve(worker, [ref('missing')]))).toBe(2);
    expect(await statementsOf(() => resolve(worker, [ref('missing'), ref('hidden'), ref('db')]))).toBe(2);
  });

  test('if a payload contains no reference, resolving takes one database statement', async () => {
    expect(await statementsOf(() => resolve(worker, ['nothing']))).toBe(1);
  });
});

describe('resolving while the audit log cannot be written', () => {
  afterEach(() => w.database.query('ALTER TABLE IF EXISTS audit_events_away RENAME TO audit_events'));

  test('if the gateway cannot record the audit event, resolving returns neither a secret value nor a refusal', async () => {
    await w.database.query('ALTER TABLE audit_events RENAME TO audit_events_away');
    const answer = await resolve(worker, ref('db'));
    expect([answer.code, answer.data]).toEqual(['UNAVAILABLE', null]);
    expect(answer.text).not.toContain(db.value);
    expect((await resolve(worker, ref('hidden'))).code).toBe('UNAVAILABLE');
  });
});

test('during a rotation, resolving inserts the value of exactly one version, and the audit event records the number of this version', async () => {
  const values = [sentinel(), sentinel(), sentinel(), sentinel(), sentinel()];
  await w.secret('turning', { tags: ['env:prod'], value: values[0]! });
  await uses();
  const given: string[] = [];
  const rotating = (async () => {
    for (const value of values.slice(1)) await rotate(w.admin, { name: 'turning', value });
  })();
  for (let i = 0; i < 20; i++) given.push((await resolve(worker, [ref('turning')])).data.resolveReferences.payload[0]);
  await rotating;
  given.push((await resolve(worker, [ref('turning')])).data.resolveReferences.payload[0]);
  expect(given.at(-1)).toBe(values.at(-1));
  const versions = (await eventsOf(w.admin, { actions: ['SECRET_USE'], secret: 'turning' })).map(
    ({ version }) => version,
  );
  expect(versions.toReversed()).toEqual(given.map((value) => values.indexOf(value) + 1));
});

test('a caller who sends a reference in workflow input obtains no secret value', async () => {
  const definition = { uri: 'https://example.com', body: { name: '${workflow.input.name}', token: ref('db') } };
  const sent = { name: ref('json.password') };

  // The correct request contains the workflow definition in the payload argument. The gateway inserts the input
  // unchanged.
  const right = await resolve(worker, definition, sent);
  expect(right.data.resolveReferences.payload.body).toEqual({ name: ref('json.password'), token: db.value });
  expect(right.data.resolveReferences.references.map(({ name }: { name: string }) => name)).toEqual(['db']);

  // In the wrong request, the caller has already merged the input into the payload. Therefore the input selects a
  // secret. To prevent this, `input` is a separate argument.
  const merged = { ...definition, body: { ...definition.body, name: sent.name } };
  expect((await resolve(worker, merged)).data.resolveReferences.payload.body.name).toBe(password);
});

test('after the expiry of an expired secret is changed, callers can use the secret again', async () => {
  await w.secret('renewed', { tags: ['env:prod'], expiresAt: w.clock.in({ days: -1 }) });
  expect(problemsOf(await resolve(worker, ref('renewed')))[1]).toEqual([
    { name: 'renewed', pointers: [''], problem: 'EXPIRED' },
  ]);
  await update(w.admin, { name: 'renewed', expiresAt: null });
  expect((await resolve(worker, ref('renewed'))).code).toBeUndefined();
});
