import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../audit/events.ts';
import { remove, rotate, update } from '../secrets/operations.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type SomeSecret, type SomeUser, type World, world } from '../support/world.ts';
import { ref, resolve } from './operations.ts';

let w: World;
/** An application with EXECUTE on secrets that are tagged `env:prod`. */
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

/** The audit events about uses since the last call. */
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
  test('a caller with EXECUTE receives secret values in place of references, and cannot reveal the secrets', async () => {
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
  ] as const)('whether a caller with %s may use the secret (%s): %s', async (_, access, may) => {
    const name = `by_${access}`;
    const { value } = await w.secret(name);
    const user = await w.user(`with_${access}`);
    await w.grant(user.id, access, name);
    const answer = await resolve(user, ref(name));
    if (may) expect(answer.data.resolveReferences.payload).toBe(value);
    else
      expect(problemsOf(answer)).toEqual(['UNRESOLVED_REFERENCES', [{ name, pointers: [''], problem: 'NOT_FOUND' }]]);
  });

  test('a member of a group with EXECUTE on a secret may use the secret until the member leaves the group', async () => {
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

  test('a caller cannot use a secret after the tag of the grant is removed from the secret, or after the grant of the caller expired', async () => {
    const { value } = await w.secret('short');
    const ann = await w.user('ann_for_a_while');
    await w.grant(ann.id, 'EXECUTE', 'short', { expiresAt: w.clock.in({ seconds: 50 }) });
    expect((await resolve(ann, ref('short'))).data.resolveReferences.payload).toBe(value);
    w.clock.advance({ seconds: 60 });
    expect((await resolve(ann, ref('short'))).code).toBe('UNRESOLVED_REFERENCES');
  });
});

describe('unresolvable references', () => {
  test('the answer does not distinguish references to missing and to forbidden secrets, and the audit events distinguish them', async () => {
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

  test('a call with one unresolvable reference fails, and no other secret is decrypted or recorded as used', async () => {
    const answer = await resolve(worker, [ref('db'), ref('hidden')]);
    expect(answer.code).toBe('UNRESOLVED_REFERENCES');
    expect(answer.text).not.toContain(db.value);
    expect((await uses()).map(({ name, outcome }) => [name, outcome])).toEqual([['hidden', 'REFUSED']]);
  });

  test('a reference to an expired secret is refused', async () => {
    await w.secret('old', { tags: ['env:prod'], expiresAt: w.clock.in({ minutes: 1 }) });
    expect((await resolve(worker, ref('old'))).code).toBeUndefined();
    w.clock.advance({ minutes: 2 });
    await uses();
    const expired = [{ name: 'old', pointers: [''], problem: 'EXPIRED' }];
    expect(problemsOf(await resolve(worker, ref('old')))[1]).toEqual(expired);
    expect((await uses()).map(({ name, outcome, code }) => [name, outcome, code])).toEqual([
      ['old', 'REFUSED', 'EXPIRED'],
    ]);
    // A caller without access does not learn that the secret has expired.
    const missing = [{ name: 'old', pointers: [''], problem: 'NOT_FOUND' }];
    expect(problemsOf(await resolve(nobody, ref('old')))[1]).toEqual(missing);
  });

  test('a reference to a deleted secret is refused', async () => {
    await w.secret('gone', { tags: ['env:prod'] });
    await remove(w.admin, 'gone');
    expect(problemsOf(await resolve(worker, ref('gone')))[1]).toEqual([
      { name: 'gone', pointers: [''], problem: 'NOT_FOUND' },
    ]);
  });

  test('a reference with a path fails if the secret value is not JSON or lacks the field, and the audit log records the use and the failure', async () => {
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

  test('if a secret value has a JSON field whose name contains dots, the error about a path suggests the quoted name, and names no other field of the value', async () => {
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

  test('a malformed reference is refused without reading a secret', async () => {
    await uses();
    const texts = ['${ workflow.secrets.db }', 'Bearer ${workflow.secrets.db', '$ {workflow.secrets.db}'];
    const answer = await resolve(worker, texts);
    expect(problemsOf(answer)).toEqual([
      'UNRESOLVED_REFERENCES',
      texts.map((text, i) => ({ name: text.replace('Bearer ', ''), pointers: [`/${i}`], problem: 'MALFORMED' })),
    ]);
    expect(await uses()).toEqual([]);
  });

  test('a reference whose secret name comes from input is refused, without reading a secret', async () => {
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
  ])('a payload that exceeds a limit is refused with an error that names the argument: %s', async (_, payload) => {
    const answer = await resolve(worker, payload);
    expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'payload']);
  });

  test('an input with too many levels is refused before any secret is used, even if the payload does not insert the input', async () => {
    await uses();
    for (const payload of [ref('db'), '${workflow.input}', '${workflow.input[0]}']) {
      const answer = await resolve(worker, payload, deep);
      expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'input']);
    }
    expect(await uses()).toEqual([]);
  });

  test('a payload of more than 8 MiB after resolving is refused, and recorded as failed', async () => {
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

  test('of nine aliases with hundreds of thousands of expressions in all, the first alias resolves and the last alias fails', async () => {
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

  test('masking a megabyte in one alias leaves less work for the other aliases of the request', async () => {
    const fields = [0, 1, 2].map((i) => `c${i}: checkReferences(payload: $p) { name } m${i}: maskPayload(payload: $p)`);
    const answer = await worker.ask(`query ($p: JSON!) { ${fields.join(' ')} }`, { p: 'a b '.repeat(250_000) });
    expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'payload']);
  });

  test('if the results of several aliases together exceed the limit, the last alias fails, and the audit log records its use of a secret as failed', async () => {
    await w.secret('wide', { tags: ['env:prod'], value: `${sentinel()}${'x'.repeat(65_000)}` });
    await uses();
    const payload = many(120, () => ref('wide'));
    const fields = Array.from({ length: 5 }, (_, i) => `r${i}: resolveReferences(payload: $p) { references { name } }`);
    const answer = await worker.ask(`query ($p: JSON!) { ${fields.join(' ')} }`, { p: payload });
    expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'payload']);
    expect((await uses()).map(({ outcome, code }) => [outcome, code])).toContainEqual(['FAILED', 'BAD_USER_INPUT']);
  });

  test('a request with too many payloads is refused', async () => {
    const eleven = Array.from({ length: 11 }, (_, i) => `r${i}: resolveReferences(payload: 1) { payload }`).join(' ');
    expect((await worker.ask(`{ ${eleven} }`)).code).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});

test('resolving returns numbers that a double cannot represent exactly as they were sent', async () => {
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

test('no payload operation is accepted over GET', async () => {
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
    expect(errors[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'payload' });
  }
});

describe('statements of resolving', () => {
  const statementsOf = async (work: () => Promise<unknown>) => {
    const before = w.database.statements();
    await work();
    return w.database.statements() - before;
  };

  test('resolving takes two statements for any number of names: one reads the caller and the secrets, and one writes the audit events', async () => {
    for (let i = 0; i < 20; i++) await w.secret(`n${i}`, { tags: ['env:prod'] });
    const names = Array.from({ length: 20 }, (_, i) => ref(`n${i}`));
    await resolve(worker, names);
    expect(await statementsOf(() => resolve(worker, names.slice(0, 1)))).toBe(2);
    expect(await statementsOf(() => resolve(worker, [names, names]))).toBe(2);
  });

  test('resolving takes the same number of statements for missing secrets and for hidden secrets', async () => {
    expect(await statementsOf(() => resolve(worker, [ref('hidden')]))).toBe(2);
    expect(await statementsOf(() => resolve(worker, [ref('missing')]))).toBe(2);
    expect(await statementsOf(() => resolve(worker, [ref('missing'), ref('hidden'), ref('db')]))).toBe(2);
  });

  test('resolving takes one statement when the payload has no reference', async () => {
    expect(await statementsOf(() => resolve(worker, ['nothing']))).toBe(1);
  });
});

describe('an unwritable audit log', () => {
  afterEach(() => w.database.query('ALTER TABLE IF EXISTS audit_events_away RENAME TO audit_events'));

  test('resolving returns neither a value nor a refusal if the audit event cannot be recorded', async () => {
    await w.database.query('ALTER TABLE audit_events RENAME TO audit_events_away');
    const answer = await resolve(worker, ref('db'));
    expect([answer.code, answer.data]).toEqual(['UNAVAILABLE', null]);
    expect(answer.text).not.toContain(db.value);
    expect((await resolve(worker, ref('hidden'))).code).toBe('UNAVAILABLE');
  });
});

test('during a rotation every resolved value is the value of one version, and the audit event records the number of this version', async () => {
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

test('a caller who sends a reference as input gets no secret', async () => {
  const definition = { uri: 'https://example.com', body: { name: '${workflow.input.name}', token: ref('db') } };
  const sent = { name: ref('json.password') };

  // The right request: the definition is the payload, and the gateway inserts the input unchanged.
  const right = await resolve(worker, definition, sent);
  expect(right.data.resolveReferences.payload.body).toEqual({ name: ref('json.password'), token: db.value });
  expect(right.data.resolveReferences.references.map(({ name }: { name: string }) => name)).toEqual(['db']);

  // The wrong request: the caller merged the input into the payload first, so the input chose a secret. `input` is a separate argument for
  // this reason.
  const merged = { ...definition, body: { ...definition.body, name: sent.name } };
  expect((await resolve(worker, merged)).data.resolveReferences.payload.body.name).toBe(password);
});

test('an expired secret can be used again after its expiry changes', async () => {
  await w.secret('renewed', { tags: ['env:prod'], expiresAt: w.clock.in({ days: -1 }) });
  expect(problemsOf(await resolve(worker, ref('renewed')))[1]).toEqual([
    { name: 'renewed', pointers: [''], problem: 'EXPIRED' },
  ]);
  await update(w.admin, { name: 'renewed', expiresAt: null });
  expect((await resolve(worker, ref('renewed'))).code).toBeUndefined();
});
