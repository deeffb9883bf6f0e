import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MOST_PER_PAGE } from '../../src/primitives/pages.ts';
import { eventsOf } from '../audit/events.ts';
import { restore, versions } from '../secrets/operations.ts';
import { type RestAnswer, type RestClient, restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let admin: RestClient;
/**
 * A user who may create secrets. The user sees only secrets that the user created or that a grant shows to the user.
 */
let ann: SomeUser;
let asAnn: RestClient;
/** An application that has no roles. */
let app: SomeApplication;
let asApp: RestClient;
beforeAll(async () => {
  w = await world();
  admin = restClient(w.url, w.admin.token);
  ann = await w.user('ann', { roles: ['USER'] });
  asAnn = restClient(w.url, ann.token);
  app = await w.application('post');
  asApp = restClient(w.url, app.token);
});
afterAll(() => w.close());

const TEXT = { 'content-type': 'text/plain' };
const put = (who: RestClient, name: string, value = sentinel()) =>
  who.send('PUT', `/secrets/${name}`, value, { headers: TEXT });
const reveal = (who: RestClient, name: string, headers: Record<string, string> = {}) =>
  who.send('GET', `/secrets/${name}`, undefined, { headers, revealing: true });

/** Returns the complete error without the id of its request. */
function refusal({ status, json }: RestAnswer) {
  const { instance, message, ...rest } = json;
  expect({ status: json.status, instance }).toEqual({ status, instance: expect.any(String) });
  return { ...rest, message: message as string };
}

let serial = 0;
/** A secret name that only this test uses. */
const fresh = (prefix = 'fresh') => `${prefix}-${++serial}`;

describe('REST: lists of secrets', () => {
  const mine = ['l_read', 'l_read_update', 'l_tagged'];
  beforeAll(async () => {
    for (const name of ['l_read', 'l_read_update', 'l_create', 'l_hidden']) await w.secret(name);
    await w.secret('l_tagged', { tags: ['kind:list', 'env:prod'] });
    await w.grant(app.id, 'READ', 'l_read');
    await w.grant(app.id, ['READ', 'UPDATE'], 'l_read_update');
    await w.grant(app.id, ['UPDATE', 'EXECUTE', 'READ'], 'kind:list');
    await w.grant(app.id, 'CREATE', 'l_create');
  });

  test('POST /secrets lists exactly the secrets that the caller sees, with or without a request body', async () => {
    expect((await asApp.send('POST', '/secrets')).json).toEqual(mine);
    expect((await asApp.send('POST', '/secrets', {})).json).toEqual(mine);
    const empty = { headers: { 'content-type': 'application/json' } };
    expect((await asApp.send('POST', '/secrets', '', empty)).json).toEqual(mine);
    expect((await admin.send('POST', '/secrets')).json).toEqual(
      expect.arrayContaining([...mine, 'l_create', 'l_hidden']),
    );
  });

  test('GET /secrets lists the secrets that the caller may read', async () => {
    const { status, json, headers } = await asApp.send('GET', '/secrets');
    expect({ status, json, type: headers.get('content-type') }).toEqual({
      status: 200,
      json: mine,
      type: 'application/json; charset=utf-8',
    });
  });

  const send = (path: string) => asApp.send('GET', path);
  test.each([
    ['?access=READ', mine],
    ['?access=UPDATE', ['l_read_update', 'l_tagged']],
    ['?access=READ&access=UPDATE', ['l_read_update', 'l_tagged']],
    ['?access=UPDATE&access=EXECUTE', ['l_tagged']],
    ['?access=UPDATE,EXECUTE', ['l_tagged']],
    ['?access=update&access=Execute', ['l_tagged']],
    ['?access=DELETE', []],
    ['?other=1', mine],
  ])(
    'GET /secrets%s lists exactly the secrets on which the caller has all requested accesses',
    async (query, names) => {
      expect((await send(`/secrets${query}`)).json).toEqual(names);
      const withTags = (await send(`/secrets-v2${query}`)).json;
      expect(withTags.map(({ name }: { name: string }) => name)).toEqual(names);
      expect((await send(`/secrets/v2${query}`)).json).toEqual(withTags);
    },
  );

  test('GET /secrets rejects an unknown access', async () => {
    const answer = await asApp.send('GET', '/secrets?access=READ&access=WRITE');
    expect(refusal(answer)).toMatchObject({
      code: 'BAD_USER_INPUT',
      validationErrors: [{ path: 'access', message: 'one of CREATE, READ, UPDATE, DELETE, EXECUTE' }],
    });
    expect(answer.status).toBe(400);
  });

  test('the lists of secrets with tags show all tags of each secret', async () => {
    expect((await asApp.send('GET', '/secrets-v2')).json).toEqual([
      { name: 'l_read', tags: [] },
      { name: 'l_read_update', tags: [] },
      {
        name: 'l_tagged',
        tags: [
          { key: 'env', value: 'prod' },
          { key: 'kind', value: 'list' },
        ],
      },
    ]);
  });

  test('the list of secrets is complete for any number of secrets', async () => {
    const names = Array.from({ length: MOST_PER_PAGE * 2 + 5 }, (_, i) => `many_${String(i).padStart(3, '0')}`);
    await w.database.query(
      `INSERT INTO secrets (id, name, current_version, created_at, updated_at)
       SELECT gen_random_uuid(), name, 1, now(), now() FROM unnest($1::text[]) name`,
      [names],
    );
    const listed: string[] = (await admin.send('GET', '/secrets')).json;
    expect(listed.filter((name) => name.startsWith('many_'))).toEqual(names);
    await w.database.query("UPDATE secrets SET deleted_at = now() WHERE name LIKE 'many_%'");
  });
});

describe('REST: reading a secret', () => {
  test('GET of a secret returns the value byte for byte as text, and its headers forbid storing the answer', async () => {
    const secret = await w.secret(fresh());
    const answer = await reveal(admin, secret.name, { accept: 'application/json' });
    expect(answer.text).toBe(secret.value);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(secret.value.length),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  test.each([
    ['X-Authorization', (token: string) => ({ 'x-authorization': token })],
    ['X-Authorization with Bearer', (token: string) => ({ 'x-authorization': `Bearer ${token}` })],
    ['Authorization', (token: string) => ({ authorization: `Bearer ${token}` })],
    ['authorization, bearer', (token: string) => ({ authorization: `bearer  ${token}` })],
  ])('GET of a secret accepts the token from %s', async (_, header) => {
    const secret = await w.secret(fresh());
    const answer = await reveal(restClient(w.url, undefined), secret.name, header(w.admin.token ?? ''));
    expect(answer.text).toBe(secret.value);
  });

  test.each([
    ['without a token', undefined],
    ['with a forged token', 'eyJhbGciOiJub25lIn0.e30.'],
    ['with a text that is no token', 'secret'],
  ])('a request %s fails with INVALID_TOKEN', async (_, token) => {
    const answer = await restClient(w.url, token).send('GET', '/secrets/anything');
    expect(answer.status).toBe(401);
    expect(refusal(answer)).toMatchObject({ code: 'UNAUTHENTICATED', error: 'INVALID_TOKEN', retryable: false });
  });

  test('REST responds with 404 and the name to a request for a hidden secret, exactly as for a missing secret', async () => {
    const hidden = await w.secret(fresh('hidden'));
    const missing = fresh('missing');
    const answers = await Promise.all([hidden.name, missing].map((name) => reveal(asApp, name)));
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    const [one, other] = answers.map(refusal);
    expect(one?.message).toContain(hidden.name);
    expect({ ...one, message: one?.message.replace(hidden.name, missing) }).toEqual(other);
    expect(Object.keys(answers[0]?.json)).not.toContain('error');
  });

  test('reading a visible secret without READ fails with 403, and the answer contains no error code about the token', async () => {
    const secret = await w.secret(fresh());
    await w.grant(app.id, 'EXECUTE', secret.name);
    const answer = await reveal(asApp, secret.name);
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ status: 403, code: 'FORBIDDEN', retryable: false });
    expect(answer.json).not.toHaveProperty('error');
    expect(answer.text).not.toContain(secret.value);
  });

  test('reading an expired secret through REST fails with 409', async () => {
    const secret = await w.secret(fresh(), { expiresAt: w.clock.in({ minutes: 1 }) });
    w.clock.advance({ minutes: 2 });
    const answer = await reveal(admin, secret.name);
    expect([answer.status, answer.json.code]).toEqual([409, 'EXPIRED']);
    expect(answer.text).not.toContain(secret.value);
  });

  test('HEAD of a secret returns the headers of GET without the body, and records the same audit event', async () => {
    const secret = await w.secret(fresh());
    const answer = await admin.send('HEAD', `/secrets/${secret.name}`);
    expect(answer.text).toBe('');
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, String(secret.value.length)]);
    expect((await eventsOf(w.admin, { secret: secret.name })).map(({ action }) => action)).toEqual([
      'SECRET_REVEAL',
      'SECRET_CREATE',
    ]);
    expect((await asApp.send('HEAD', `/secrets/${secret.name}`)).status).toBe(404);
  });

  test('GET of a secret accepts a percent-encoded name and a trailing slash', async () => {
    const secret = await w.secret(fresh());
    const encoded = [...secret.name].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('');
    expect((await reveal(admin, encoded)).text).toBe(secret.value);
    expect((await reveal(admin, `${secret.name}/`)).text).toBe(secret.value);
    expect((await admin.send('GET', `/secrets/${encoded}/exists/`)).json).toBe(true);
  });

  test.each(['a.b', 'a%20b', 'a%2Fb', 'a%00b', '%C3%A4', 'a:b', 'x'.repeat(256)])(
    'REST rejects the secret name %s',
    async (name) => {
      for (const [method, path] of [
        ['GET', ''],
        ['PUT', ''],
        ['DELETE', ''],
        ['GET', '/exists'],
        ['GET', '/tags'],
      ] as const) {
        const answer = await admin.send(method, `/secrets/${name}${path}`, method === 'PUT' ? sentinel() : undefined, {
          headers: method === 'PUT' ? TEXT : {},
        });
        expect([method, path, answer.status, answer.json.code]).toEqual([method, path, 400, 'BAD_USER_INPUT']);
        expect(answer.json.validationErrors).toEqual([
          { path: 'key', message: '1 to 255 characters of A-Z a-z 0-9 _ -' },
        ]);
      }
    },
  );

  test('a path with malformed percent-encoding matches no route', async () => {
    const answer = await admin.send('GET', '/secrets/%zz');
    expect([answer.status, answer.json.code]).toEqual([404, 'NOT_FOUND']);
  });
});

describe('REST: checking whether a secret exists', () => {
  test('GET /secrets/{key}/exists answers true for visible secrets, and false for hidden and missing secrets', async () => {
    const { name } = await w.secret(fresh());
    const answers = await Promise.all([
      admin.send('GET', `/secrets/${name}/exists`),
      asApp.send('GET', `/secrets/${name}/exists`),
      asApp.send('GET', `/secrets/${fresh('missing')}/exists`),
    ]);
    expect(answers.map(({ status, text, headers }) => [status, text, headers.get('content-type')])).toEqual([
      [200, 'true', 'application/json; charset=utf-8'],
      [200, 'false', 'application/json; charset=utf-8'],
      [200, 'false', 'application/json; charset=utf-8'],
    ]);
  });

  test('GET /secrets/{key}/exists records no audit event, because the answer reveals no secret value', async () => {
    const { name } = await w.secret(fresh());
    await asApp.send('GET', `/secrets/${name}/exists`);
    expect((await eventsOf(w.admin, { secret: name })).map(({ action }) => action)).toEqual(['SECRET_CREATE']);
  });
});

describe('REST: writing a secret', () => {
  test('the first PUT of a secret creates it, a PUT with a new value rotates it, and a PUT with the same value creates no version', async () => {
    const name = fresh();
    const [first, second] = [sentinel(), sentinel()];
    for (const value of [first, second, second]) {
      const { status, text, headers } = await put(asAnn, name, value);
      expect([status, text, headers.get('content-length')]).toEqual([200, '', '0']);
      expect((await reveal(asAnn, name)).text).toBe(value);
    }
    expect((await versions(ann, name)).map(({ number }) => number)).toEqual([2, 1]);
    expect(await w.reveal(ann, name, 1)).toBe(first);
  });

  test('the creator of a secret has every access to the secret, and other users have no access', async () => {
    const name = fresh();
    await put(asAnn, name);
    const { secret } = await ann.get('query ($name: String!) { secret(name: $name) { viewerAccess } }', { name });
    expect([...secret.viewerAccess].sort()).toEqual(['CREATE', 'DELETE', 'EXECUTE', 'READ', 'UPDATE']);
    expect((await reveal(asApp, name)).status).toBe(404);
  });

  test('PUT of a visible secret without UPDATE fails with 403 and changes nothing', async () => {
    const secret = await w.secret(fresh());
    await w.grant(ann.id, 'READ', secret.name);
    const answer = await put(asAnn, secret.name);
    expect([answer.status, answer.json.code]).toEqual([403, 'FORBIDDEN']);
    expect((await reveal(asAnn, secret.name)).text).toBe(secret.value);
  });

  test('if a caller may not create secrets, PUT fails with 403, for hidden and for missing secrets', async () => {
    const hidden = await w.secret(fresh('hidden'));
    const missing = fresh('missing');
    const answers = [await put(asApp, hidden.name), await put(asApp, missing)];
    expect(answers.map(({ status }) => status)).toEqual([403, 403]);
    expect(refusal(answers[0]!)).toEqual(refusal(answers[1]!));
    expect((await reveal(admin, hidden.name)).text).toBe(hidden.value);
  });

  test('if a caller may create secrets, PUT with the name of a hidden secret fails with 409 NAME_TAKEN', async () => {
    const hidden = await w.secret(fresh('hidden'));
    const answer = await put(asAnn, hidden.name);
    expect([answer.status, answer.json.code]).toEqual([409, 'NAME_TAKEN']);
    expect((await reveal(admin, hidden.name)).text).toBe(hidden.value);
  });

  test('CREATE on a name allows a caller to PUT a new secret with this name', async () => {
    const name = fresh();
    await w.grant(app.id, 'CREATE', name);
    expect((await put(asApp, name)).status).toBe(200);
  });

  test('two concurrent PUTs of a new secret both succeed one after another, and the audit log records no failure', async () => {
    for (let i = 0; i < 5; i += 1) {
      const name = fresh('race');
      const values = [sentinel(), sentinel()];
      const answers = await Promise.all(values.map((value) => put(asAnn, name, value)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const kept = [await w.reveal(ann, name, 1), await w.reveal(ann, name, 2)];
      expect(new Set(kept)).toEqual(new Set(values));
      const events = (await eventsOf(w.admin, { secret: name })).filter(({ action }) => action !== 'SECRET_REVEAL');
      expect(events.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
        'SECRET_ROTATE DONE',
        'SECRET_CREATE DONE',
      ]);
    }
  });

  test("if two callers who cannot see each other's secrets PUT the same name concurrently, one PUT succeeds and the second fails with NAME_TAKEN", async () => {
    const eve = await w.user(fresh('eve'), { roles: ['USER'] });
    const name = fresh('race');
    const answers = await Promise.all([put(asAnn, name), put(restClient(w.url, eve.token), name)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

describe('REST: deleting a secret', () => {
  test('DELETE of a secret returns an empty answer, and GraphQL can restore the secret', async () => {
    const secret = await w.secret(fresh());
    const { status, text, headers } = await admin.send('DELETE', `/secrets/${secret.name}`);
    expect([status, text, headers.get('content-length')]).toEqual([200, '', '0']);
    expect((await reveal(admin, secret.name)).status).toBe(404);
    expect((await admin.send('GET', `/secrets/${secret.name}/exists`)).json).toBe(false);
    expect((await restore(w.admin, secret.id)).code).toBeUndefined();
    expect((await reveal(admin, secret.name)).text).toBe(secret.value);
  });

  test('DELETE of a secret ignores a request body, and ignores the header content-type if the request has no body', async () => {
    const [one, other] = [await w.secret(fresh()), await w.secret(fresh())];
    expect((await admin.send('DELETE', `/secrets/${one.name}`, {})).status).toBe(200);
    const headers = { 'content-type': 'application/json' };
    expect((await admin.send('DELETE', `/secrets/${other.name}`, undefined, { headers })).status).toBe(200);
  });

  test('DELETE of a missing or hidden secret fails with 500, as Orkes clients expect', async () => {
    const hidden = await w.secret(fresh('hidden'));
    const missing = fresh('missing');
    const answers = await Promise.all(
      [hidden.name, missing].map((name) =>
        asApp.send('DELETE', `/secrets/${name}`, undefined, { headers: { 'x-request-id': 'same' } }),
      ),
    );
    expect(answers[0]?.text.replaceAll(hidden.name, missing)).toBe(answers[1]?.text);
    expect(answers[1]?.json).toEqual({
      status: 500,
      code: 'NOT_FOUND',
      message: `No such secret: ${missing}.`,
      instance: 'same',
      retryable: false,
    });
    expect((await reveal(admin, hidden.name)).text).toBe(hidden.value);
  });

  test('DELETE of a visible secret without DELETE access fails with 403', async () => {
    const secret = await w.secret(fresh());
    await w.grant(ann.id, ['READ', 'UPDATE'], secret.name);
    const answer = await asAnn.send('DELETE', `/secrets/${secret.name}`);
    expect([answer.status, answer.json.code]).toEqual([403, 'FORBIDDEN']);
    expect((await reveal(asAnn, secret.name)).text).toBe(secret.value);
  });
});

describe('REST: tags of a secret', () => {
  let name: string;
  beforeEach(async () => {
    name = (await w.secret(fresh('tagged'), { tags: ['env:dev', 'org:it'] })).name;
  });
  const tagsOf = async (who = admin) => (await who.send('GET', `/secrets/${name}/tags`)).json;

  test('REST lists the tags of a secret in order', async () => {
    expect(await tagsOf()).toEqual([
      { key: 'env', value: 'dev' },
      { key: 'org', value: 'it' },
    ]);
  });

  test('PUT of tags replaces tags of a secret with the same tag key, and does not change tags with different tag keys', async () => {
    const answer = await admin.send('PUT', `/secrets/${name}/tags`, [{ key: 'env', value: 'prod', type: 'METADATA' }]);
    expect([answer.status, answer.text, answer.headers.get('content-length')]).toEqual([200, '', '0']);
    expect(await tagsOf()).toEqual([
      { key: 'env', value: 'prod' },
      { key: 'org', value: 'it' },
    ]);
  });

  test('if a PUT contains several tags with the same tag key, the secret receives all of these tags', async () => {
    await admin.send('PUT', `/secrets/${name}/tags`, [
      { key: 'org', value: 'sales' },
      { key: 'org', value: 'it' },
      { key: 'org', value: 'marketing' },
    ]);
    expect(await tagsOf()).toEqual([
      { key: 'env', value: 'dev' },
      { key: 'org', value: 'it' },
      { key: 'org', value: 'marketing' },
      { key: 'org', value: 'sales' },
    ]);
  });

  test('the value of a tag in REST may contain a colon', async () => {
    await admin.send('PUT', `/secrets/${name}/tags`, [{ key: 'url', value: 'http://post' }]);
    expect(await tagsOf()).toContainEqual({ key: 'url', value: 'http://post' });
  });

  test('DELETE of tags removes tags of a secret by tag key and tag value, and ignores missing tags', async () => {
    const answer = await admin.send('DELETE', `/secrets/${name}/tags`, [
      { key: 'env', value: 'dev' },
      { key: 'org', value: 'sales' },
    ]);
    expect([answer.status, answer.text, answer.headers.get('content-length')]).toEqual([200, '', '0']);
    expect(await tagsOf()).toEqual([{ key: 'org', value: 'it' }]);
  });

  test('a REST request with an empty list of tags does not change a secret', async () => {
    expect((await admin.send('PUT', `/secrets/${name}/tags`, [])).status).toBe(200);
    expect((await admin.send('DELETE', `/secrets/${name}/tags`, [])).status).toBe(200);
    expect(await tagsOf()).toHaveLength(2);
  });

  test.each(['GET', 'PUT', 'DELETE'])('%s of the tags of a hidden or missing secret fails with 404', async (method) => {
    const body = method === 'GET' ? undefined : [{ key: 'a', value: 'b' }];
    const missing = fresh('missing');
    const [hidden, none] = [
      await asApp.send(method, `/secrets/${name}/tags`, body),
      await asApp.send(method, `/secrets/${missing}/tags`, body),
    ];
    expect([hidden.status, none.status]).toEqual([404, 404]);
    expect(refusal(hidden).message.replace(name, missing)).toBe(refusal(none).message);
    expect(refusal(none).message).toContain(missing);
    expect(await tagsOf()).toHaveLength(2);
  });

  test('if a caller would gain access by adding a tag through REST, the request fails with 403 ESCALATION', async () => {
    await w.grant(app.id, 'UPDATE', name);
    await w.grant(app.id, 'READ', 'door:open');
    const answer = await asApp.send('PUT', `/secrets/${name}/tags`, [{ key: 'door', value: 'open' }]);
    expect([answer.status, answer.json.code]).toEqual([403, 'ESCALATION']);
    expect(await tagsOf()).toHaveLength(2);
  });

  test('changing tags of a secret without UPDATE fails with 403', async () => {
    await w.grant(app.id, 'READ', name);
    for (const method of ['PUT', 'DELETE']) {
      const answer = await asApp.send(method, `/secrets/${name}/tags`, [{ key: 'env', value: 'dev' }]);
      expect([method, answer.status, answer.json.code]).toEqual([method, 403, 'FORBIDDEN']);
    }
    expect(await tagsOf(asApp)).toHaveLength(2);
  });

  test.each([
    ['no list', 'text', 'tags'],
    ['a number', [1], 'tags.0'],
    ['no value', [{ key: 'a', value: 'b' }, { key: 'a' }], 'tags.1.value'],
    ['an empty key', [{ key: '', value: 'b' }], 'tags.0.key'],
    ['a colon in the key', [{ key: 'a:b', value: 'c' }], 'tags.0.key'],
  ])('REST rejects a body of tags with %s, and the error contains the position in the body', async (_, body, path) => {
    const answer = await admin.send('PUT', `/secrets/${name}/tags`, JSON.stringify(body), {
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, answer.json.code]).toEqual([400, 'BAD_USER_INPUT']);
    expect(answer.json.validationErrors[0].path).toBe(path);
  });

  test('REST rejects a body of tags that is not JSON', async () => {
    const answer = await admin.send('PUT', `/secrets/${name}/tags`, '[{', { headers: TEXT });
    expect([answer.status, answer.json.code]).toEqual([400, 'BAD_USER_INPUT']);
  });
});

describe('secret names that look like REST paths', () => {
  test.each(['clearLocalCache', 'clearRedisCache'])('GET /secrets/%s succeeds and has no effect', async (path) => {
    const { status, json } = await admin.send('GET', `/secrets/${path}`);
    expect([status, json]).toEqual([200, {}]);
    expect((await restClient(w.url, undefined).send('GET', `/secrets/${path}`)).status).toBe(401);
  });

  test.each(['v2', 'clearLocalCache'])(
    'only GraphQL can create and delete a secret named %s, because a REST operation already uses its path',
    async (name) => {
      const refused = await put(admin, name, sentinel());
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      const { value } = await w.secret(name);
      expect((await admin.send('GET', `/secrets/${name}/exists`)).json).toBe(true);
      expect((await admin.send('PUT', `/secrets/${name}/tags`, [{ key: 'a', value: 'b' }])).status).toBe(200);
      expect((await admin.send('GET', `/secrets/${name}/tags`)).json).toEqual([{ key: 'a', value: 'b' }]);
      expect(await w.reveal(w.admin, name)).toBe(value);
      for (const path of [name, `${name}/`, name.replace('l', '%6c').replace('v', '%76')]) {
        const { status, headers } = await admin.send('DELETE', `/secrets/${path}`, undefined, { undocumented: true });
        expect([path, status, headers.get('allow')]).toEqual([path, 405, 'GET, HEAD']);
      }
    },
  );

  test.each(['exists', 'tags', 'secrets', 'secrets-v2', 'constructor', '__proto__'])(
    'REST can read and write a secret named %s like any other secret',
    async (name) => {
      const value = sentinel();
      expect((await put(admin, name, value)).status).toBe(200);
      expect((await reveal(admin, name)).text).toBe(value);
      expect((await admin.send('GET', `/secrets/${name}/exists`)).json).toBe(true);
      expect((await admin.send('DELETE', `/secrets/${name}`)).status).toBe(200);
    },
  );

  test('the path of a secret rejects all other methods, and the answer lists the allowed methods', async () => {
    const answer = await admin.send('PATCH', '/secrets/db');
    expect([answer.status, answer.json.code, answer.headers.get('allow')]).toEqual([
      405,
      'BAD_REQUEST',
      'GET, HEAD, PUT, DELETE',
    ]);
    expect((await admin.send('GET', '/secrets/db/other')).status).toBe(404);
  });
});

describe('REST: invalid tokens', () => {
  test('a token of a deactivated access key fails with INVALID_TOKEN', async () => {
    const other = await w.application('other');
    const asOther = restClient(w.url, other.token);
    expect((await asOther.send('GET', '/secrets')).status).toBe(200);
    await w.admin.get(
      'mutation ($id: ID!) { setAccessKeyActive(keyId: $id, active: false) { accessKey { active } } }',
      { id: other.keyId },
    );
    const answer = await asOther.send('GET', '/secrets');
    expect([answer.status, answer.json.error]).toEqual([401, 'INVALID_TOKEN']);
  });

  test('an expired token fails with EXPIRED_TOKEN', async () => {
    const late = await world({ tokenTtl: 60 });
    const { token } = await late.application('late');
    late.clock.advance({ minutes: 5 });
    const answer = await restClient(late.url, token).send('GET', '/secrets');
    expect([answer.status, answer.json.error]).toEqual([401, 'EXPIRED_TOKEN']);
    await late.close();
  });
});
