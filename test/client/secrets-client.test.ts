// Tests the client library with a real gateway.

import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { operatorAudit } from '../../src/audit/operator.ts';
import {
  type Credentials,
  type SecretsClient,
  SecretsGatewayError,
  secretsClient,
} from '../../src/client/secrets-client.ts';
import { operationOf } from '../../src/graphql/operation.ts';
import { register } from '../../src/operations/operation-registry.ts';
import { testApp } from '../support/app.ts';
import { manySecrets } from '../support/many-secrets.ts';
import { ODD_VALUES } from '../support/odd-values.ts';
import { schema } from '../support/root-fields.ts';
import { sentinel } from '../support/sentinel.ts';
import { type Asked, targetServer } from '../support/target-server.ts';
import { type SomeApplication, type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let app: SomeApplication;
let ann: SomeUser;
let admin: SecretsClient;
beforeAll(async () => {
  w = await world();
  app = await w.application('deploy');
  ann = await w.user('ann', { roles: ['USER'] });
  admin = clientOf({ username: 'admin', password: w.adminPassword });
});
afterAll(() => w.close());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const clientOf = (credentials: Credentials, more: object = {}) => secretsClient({ url: w.url, credentials, ...more });
const byKey = (more: object = {}) => clientOf({ keyId: app.keyId, keySecret: app.keySecret }, more);

/** Returns the paths of the requests that the test sends from now on. */
function requests(): string[] {
  const paths: string[] = [];
  const real = globalThis.fetch;
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    paths.push(new URL(String(input)).pathname);
    return real(input, init);
  });
  return paths;
}
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: unknown) => (error instanceof SecretsGatewayError ? error.code : error),
  );
const all = <T>(list: AsyncIterable<T>) => Array.fromAsync(list);

describe('signing in with the client library', () => {
  test('an application signs in with its access key, a user with a password, and a program with a token', async () => {
    expect(await byKey().viewer()).toMatchObject({ __typename: 'Application', id: app.id });
    const user = clientOf({ username: 'ann', password: ann.password });
    expect(await user.viewer()).toMatchObject({ __typename: 'User', id: ann.id, username: 'ann' });
    const { token } = await user.signIn();
    expect(await clientOf({ token: token.expose() }).viewer()).toMatchObject({ id: ann.id });
  });

  test('concurrent first calls of a client share one sign-in', async () => {
    const client = byKey();
    const paths = requests();
    await Promise.all([client.viewer(), client.viewer(), client.viewer()]);
    expect(paths.filter((path) => path === '/api/token')).toHaveLength(1);
  });

  test('a wrong password, a wrong access key and a wrong token fail with UNAUTHENTICATED, and the errors contain no credential', async () => {
    const wrong = sentinel('wrong');
    for (const credentials of [
      { username: 'ann', password: wrong },
      { keyId: app.keyId, keySecret: wrong },
      { token: wrong },
    ]) {
      const error = await clientOf(credentials)
        .viewer()
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(`${error}${JSON.stringify(error)}`).not.toContain(wrong);
    }
  });

  test('a client renews its token before the token expires', async () => {
    const client = byKey();
    const { expiresAt } = await client.signIn();
    vi.useFakeTimers({ toFake: ['Date'], now: expiresAt - 20_000 });
    const paths = requests();
    await client.viewer();
    expect(paths).toEqual(['/api/token', '/graphql']);
  });

  test('after its token becomes invalid, a client signs in again once, also for a change', async () => {
    const client = byKey();
    await client.signIn();
    for (const active of [false, true])
      await w.admin.get(
        'mutation ($k: ID!, $a: Boolean!) { setAccessKeyActive(keyId: $k, active: $a) { accessKey { id } } }',
        {
          k: app.keyId,
          a: active,
        },
      );
    const paths = requests();
    expect(await codeOf(client.rotate('no-such-secret', { value: sentinel() }))).toBe('NOT_FOUND');
    expect(paths).toEqual(['/graphql', '/api/token', '/graphql']);
  });

  test('if the gateway rejects a given token, the client makes no second request', async () => {
    const paths = requests();
    expect(await codeOf(clientOf({ token: 'a.b.c' }).viewer())).toBe('UNAUTHENTICATED');
    expect(paths).toEqual(['/graphql']);
  });
});

describe('revealing values with the client library', () => {
  test('every odd value arrives byte for byte as it was stored', { timeout: 120_000 }, async () => {
    const values = [...ODD_VALUES, 'a\0b', '\0'];
    const names = values.map((_, i) => `odd-${i}`);
    for (const [i, name] of names.entries())
      expect(await admin.set(name, values[i] as string)).toMatchObject({ created: true, changed: true });
    const found = await admin.getMany(names);
    expect(names.filter((name, i) => found.get(name) !== values[i])).toEqual([]);
    const resolved = await admin.resolve(names.slice(0, 199).map((name) => `\${workflow.secrets.${name}}`));
    expect(resolved).toEqual(values.slice(0, 199));
  });

  test('up to fifty reveals of one moment are one request, and a secret that is requested twice is revealed once', async () => {
    const names = Array.from({ length: 51 }, (_, i) => `batch-${i}`);
    const values = new Map<string, string>();
    for (const name of names) values.set(name, (await w.secret(name)).value);
    const paths = requests();
    const [first, again, many] = await Promise.all([
      admin.get('batch-0'),
      admin.get('batch-0'),
      admin.getMany(names.slice(0, 50)),
    ]);
    expect([first, again, many]).toEqual([
      values.get('batch-0'),
      values.get('batch-0'),
      new Map([...values].slice(0, 50)),
    ]);
    // DataLoader divides the calls before the library removes duplicates, so 52 calls are two requests.
    expect(paths).toHaveLength(2);
    paths.length = 0;
    await admin.getMany(names.slice(0, 50));
    expect(paths).toEqual(['/graphql']);
    paths.length = 0;
    expect(await admin.getMany(names)).toEqual(values);
    expect(paths).toHaveLength(2);
    const events = await all(admin.history('batch-50'));
    expect(events.map(({ action }) => action)).toEqual(['SECRET_REVEAL', 'SECRET_CREATE']);
  });

  test('up to forty secrets that are found at one moment are one request, and a hidden secret is undefined as a missing secret', async () => {
    const names = Array.from({ length: 41 }, (_, i) => `found-${i}`);
    for (const name of names) await w.secret(name, { tags: ['env:found'] });
    for (const name of names.slice(0, 40)) await w.grant(app.id, 'READ', name);
    const client = byKey();
    await client.find('found-0');
    const paths = requests();
    const found = await Promise.all([...names, 'no such name'].map((name) => client.find(name)));
    expect(paths).toEqual(['/graphql', '/graphql']);
    expect(found.map((secret) => secret?.name)).toEqual([...names.slice(0, 40), undefined, undefined]);
    expect(found[3]).toMatchObject({ version: 1, tags: ['env:found'], viewerAccess: ['READ'] });
    expect(found[3]).toEqual(await client.find('found-3'));
  });

  test('in a batch, one refused secret does not affect the other secrets, and its error names the secret', async () => {
    const { value } = await w.secret('good');
    await w.secret('hidden');
    await w.secret('too-late', { expiresAt: w.clock.in({ seconds: -1 }) });
    await w.secret('masked-only');
    for (const name of ['good', 'too-late']) await w.grant(app.id, 'READ', name);
    await w.grant(app.id, 'UPDATE', 'masked-only');
    const client = byKey();
    const results = await Promise.allSettled(
      ['good', 'hidden', 'too-late', 'masked-only', 'no such name'].map((name) => client.get(name)),
    );
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.code))).toEqual([
      value,
      'NOT_FOUND',
      'EXPIRED',
      'FORBIDDEN',
      'NOT_FOUND',
    ]);
    expect(await client.getMany(['good', 'hidden']).catch((error: unknown) => error)).toMatchObject({
      code: 'NOT_FOUND',
      secret: 'hidden',
    });
  });

  test('a client reveals an earlier version', async () => {
    const { value } = await w.secret('older');
    await admin.rotate('older', { value: sentinel() });
    expect(await admin.get('older', { version: 1 })).toBe(value);
    expect(await codeOf(admin.get('older', { version: 9 }))).toBe('NOT_FOUND');
  });

  test('a secret whose name is a member of every JavaScript object has the value that was stored', async () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const value = sentinel();
      await admin.set(name, value);
      expect(await admin.getMany([name])).toEqual(new Map([[name, value]]));
    }
  });
});

describe('the cache of the client library', () => {
  const cached = () => byKey({ cache: { seconds: 60, entries: 10 } });
  async function readable(name: string) {
    const secret = await w.secret(name);
    await w.grant(app.id, ['READ', 'UPDATE'], name);
    return secret;
  }

  test('without the option, every call reveals the value again', async () => {
    await readable('not-cached');
    const client = byKey();
    await client.get('not-cached');
    const paths = requests();
    await client.get('not-cached');
    expect(paths).toEqual(['/graphql']);
  });

  test('a cached value needs no request, and leaves the cache after the requested time', async () => {
    const { value } = await readable('cached');
    const client = cached();
    const shortly = byKey({ cache: { seconds: 0.05, entries: 10 } });
    await client.get('cached');
    await shortly.get('cached');
    const paths = requests();
    await new Promise((wake) => setTimeout(wake, 100));
    expect([await client.get('cached'), paths]).toEqual([value, []]);
    expect([await shortly.get('cached'), paths]).toEqual([value, ['/graphql']]);
  });

  test('the cache contains at most the requested number of values', async () => {
    for (const name of ['bound-0', 'bound-1', 'bound-2']) await readable(name);
    const client = byKey({ cache: { seconds: 60, entries: 2 } });
    for (const name of ['bound-0', 'bound-1', 'bound-2']) await client.get(name);
    const paths = requests();
    await client.get('bound-2');
    expect(paths).toEqual([]);
    await client.get('bound-0');
    expect(paths).toEqual(['/graphql']);
  });

  test('if the gateway refuses a call for a secret, the client deletes the cached value of the secret, for every method of the client', async () => {
    for (const [i, refused] of [
      (client: SecretsClient, name: string) => client.get(name, { fresh: true }),
      (client: SecretsClient, name: string) => client.rotate(name, { value: sentinel() }),
      (client: SecretsClient, name: string) => all(client.versions(name)),
      (client: SecretsClient, name: string) => client.resolve(`\${workflow.secrets.${name}}`),
    ].entries()) {
      const { name } = await readable(`revoked-${i}`);
      const client = cached();
      await client.get(name);
      await w.revoke(app.id, name);
      await refused(client, name).catch(() => {});
      expect([i, await codeOf(client.get(name))]).toEqual([i, 'NOT_FOUND']);
    }
  });

  test('if the gateway rejects the sign-in, the client drops every cached value', async () => {
    await readable('signed-out');
    const gone = await w.application('gone');
    await w.grant(gone.id, 'READ', 'signed-out');
    const client = clientOf({ keyId: gone.keyId, keySecret: gone.keySecret }, { cache: { seconds: 60, entries: 10 } });
    await client.get('signed-out');
    await w.admin.get('mutation ($k: ID!) { deleteAccessKey(keyId: $k) { id } }', { k: gone.keyId });
    expect(await codeOf(client.viewer())).toBe('UNAUTHENTICATED');
    expect(await codeOf(client.get('signed-out'))).toBe('UNAUTHENTICATED');
  });

  test('after a client rotates a secret, the client never returns the old value', async () => {
    await readable('turned');
    const client = cached();
    await client.get('turned');
    const value = sentinel();
    await client.rotate('turned', { value });
    expect(await client.get('turned')).toBe(value);
  });

  test.each([
    [{ seconds: 0, entries: 1 }],
    [{ seconds: Number.NaN, entries: 1 }],
    [{ seconds: 1, entries: 0 }],
    [{ seconds: 1, entries: Number.POSITIVE_INFINITY }],
  ])('a cache without a bound is refused: %j', (cache) => {
    expect(() => byKey({ cache })).toThrow(RangeError);
  });
});

describe('changing secrets with the client library', () => {
  test('a secret goes through its life: create, tag, rotate, roll back, delete, restore', async () => {
    const client = clientOf({ username: 'ann', password: ann.password });
    const first = sentinel();
    const created = await client.create('life', first, { description: 'a test', tags: ['env:life'] });
    expect(created).toMatchObject({ name: 'life', version: 1, tags: ['env:life'], description: 'a test' });
    expect(await codeOf(client.create('life', first))).toBe('NAME_TAKEN');
    expect(await client.set('life', first)).toMatchObject({ created: false, changed: false });
    expect(await client.set('life', sentinel())).toMatchObject({ changed: true, secret: { version: 2 } });
    expect(await codeOf(client.rotate('life', { value: sentinel(), expectedVersion: 1 }))).toBe('VERSION_CONFLICT');
    await client.rotate('life', { generate: { length: 12, alphabet: 'DIGITS' } });
    expect(await client.get('life')).toMatch(/^\d{12}$/);
    expect((await client.rollback('life', 1)).version).toBe(4);
    expect(await client.get('life')).toBe(first);
    expect((await client.tag('life', ['team:a:b'])).tags).toEqual(['env:life', 'team:a:b']);
    expect((await client.untag('life', ['env:life'])).tags).toEqual(['team:a:b']);
    expect(await client.update('life', { description: null, expiresAt: new Date('2099-01-01') })).toMatchObject({
      description: null,
      expiresAt: '2099-01-01T00:00:00Z',
    });
    expect((await all(client.versions('life'))).map(({ number }) => number)).toEqual([4, 3, 2, 1]);
    expect((await all(client.list({ tags: ['team:a:b'] }))).map(({ name }) => name)).toEqual(['life']);
    const { id } = await client.delete('life');
    expect(await client.find('life')).toBeUndefined();
    expect((await all(client.list({ deleted: true, nameContains: 'life' }))).map((secret) => secret.id)).toEqual([id]);
    expect(await client.restore(id)).toMatchObject({ name: 'life' });
    expect(await client.get('life')).toBe(first);
  });

  test('a client lists who has access, and explains why', async () => {
    await w.secret('shared');
    await w.grant(app.id, 'READ', 'shared');
    const entries = await all(admin.whoCan('shared', 'READ'));
    expect(entries.map(({ principal }) => principal.name).sort()).toEqual(['Administrator', 'deploy'].sort());
    expect(await byKey().why('shared', 'READ')).toMatchObject({ allowed: true });
    expect(await admin.why('shared', 'DELETE', app.id)).toMatchObject({
      allowed: false,
      nearMisses: [{ reason: 'OTHER_ACCESS' }],
    });
    expect(await admin.userId('ann')).toBe(ann.id);
  });

  test('a list with several pages contains every secret once', async () => {
    await manySecrets(w, 'many-', 450);
    const names = (await all(admin.list({ nameContains: 'many-' }))).map(({ name }) => name);
    expect([names.length, new Set(names).size]).toEqual([450, 450]);
  });

  test('an error names the wrong argument, and never contains the value', async () => {
    const value = `${sentinel()}\ud800`;
    const error = await admin.create('wrong', value).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', details: { field: 'input.value' } });
    expect(JSON.stringify(error)).not.toContain(value.slice(0, -1));
    expect(await codeOf(admin.tag('shared', ['no colon']))).toBe('BAD_USER_INPUT');
  });

  test('numbers that a double cannot represent keep their digits in a resolved payload', async () => {
    await w.secret('number', { value: '{"id":12345678901234567890}' });
    expect(JSON.stringify(await admin.resolve({ id: '${workflow.secrets.number.id}' }))).toBe(
      '{"id":12345678901234567890}',
    );
    const error = await byKey()
      .resolve('${workflow.secrets.number}')
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'UNRESOLVED_REFERENCES', details: { references: [{ name: 'number' }] } });
  });
});

test('with OPERATIONS=registered, the client works after an operator registers src/client/operations.json', async () => {
  const { databaseUrl, keyring, adminPassword, clock } = w;
  const { value } = await w.secret('registered');
  await w.secret('registered-2');
  const manifest = readFileSync(new URL('../../src/client/operations.json', import.meta.url), 'utf8');
  const texts: string[] = JSON.parse(manifest).operations.map(({ body }: { body: string }) => body);
  await register(
    operatorAudit(w),
    clock,
    texts.map((text) => operationOf(schema, text).operation),
  );
  await register(operatorAudit(w), clock, [
    operationOf(schema, 'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }')
      .operation,
  ]);
  const closed = await testApp({ databaseUrl, keyring, adminPassword, clock, operations: 'registered' });
  const client = secretsClient({ url: closed.url, credentials: { username: 'admin', password: adminPassword } });
  expect((await client.getMany(['registered', 'registered-2'])).get('registered')).toBe(value);
  expect(await client.set('registered', sentinel())).toMatchObject({ changed: true });
  await closed.close();
});

describe('a client whose gateway is unavailable', () => {
  const unavailable = JSON.stringify({ errors: [{ message: 'x', extensions: { code: 'UNAVAILABLE' } }], data: null });
  const viewer = JSON.stringify({ data: { viewer: { id: 'usr_1' } } });

  /** Answers the first requests for `/graphql` with the texts, and the later requests with the last text. */
  async function fake(texts: readonly string[], status = 200) {
    const server = await targetServer();
    let next = 0;
    server.answer(({ path }: Asked, response: ServerResponse) => {
      if (path === '/api/token') return response.end('{"token":"a.b.c"}');
      const text = texts[Math.min(next++, texts.length - 1)];
      return response.writeHead(next < texts.length ? 200 : status).end(text);
    });
    const client = secretsClient({
      url: `${server.url}/api/`,
      credentials: { keyId: 'k', keySecret: 's' },
      timeoutMs: 5_000,
    });
    const asked = () => server.asked.filter(({ path }) => path === '/graphql').length;
    return { client, asked, close: () => server.close(), server };
  }

  test('a read is retried twice, and then fails with UNAVAILABLE', async () => {
    const { client, asked, close } = await fake([unavailable]);
    expect(await codeOf(client.viewer())).toBe('UNAVAILABLE');
    expect(asked()).toBe(3);
    expect(await codeOf(client.get('db'))).toBe('UNAVAILABLE');
    expect(asked()).toBe(6);
    await close();
  });

  test('a read succeeds if a retry succeeds', async () => {
    const { client, asked, close } = await fake([unavailable, '<html>', viewer]);
    expect(await codeOf(client.viewer())).toBe('UNEXPECTED_ANSWER');
    expect(asked()).toBe(2);
    expect(await client.viewer()).toEqual({ id: 'usr_1' });
    await close();
  });

  test('a change is never retried', async () => {
    const { client, asked, close } = await fake([unavailable]);
    expect(await codeOf(client.rotate('db', { value: sentinel() }))).toBe('UNAVAILABLE');
    expect(asked()).toBe(1);
    await close();
  });

  test.each([
    ['a page of a proxy', 502, '<html>secret</html>', 'UNAVAILABLE'],
    ['a page', 200, '<html>secret</html>', 'UNEXPECTED_ANSWER'],
    ['other JSON', 200, '{"secret":1}', 'UNEXPECTED_ANSWER'],
    ['an error without a code', 400, '{"errors":[{"message":"secret"}]}', 'UNEXPECTED_ANSWER'],
    ['an error of a later version', 400, '{"errors":[{"message":"m","extensions":{"code":"NEW_CODE"}}]}', 'NEW_CODE'],
  ])('the client does not quote an answer that is not from a gateway: %s', async (_, status, text, code) => {
    const { client, close } = await fake([text], status);
    const error = await client.viewer().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, status });
    expect(String(error)).not.toMatch(/secret/);
    await close();
  });

  test('a call without an answer fails with UNREACHABLE after the timeout', async () => {
    const server = await targetServer();
    server.answer(() => {});
    const credentials = { keyId: 'k', keySecret: 's' };
    const client = secretsClient({ url: server.url, credentials, timeoutMs: 50 });
    expect(await client.viewer().catch((error: unknown) => error)).toMatchObject({
      code: 'UNREACHABLE',
      details: { reason: 'timeout' },
    });
    await server.close();
    expect(await codeOf(secretsClient({ url: server.url, credentials, retries: 0 }).viewer())).toBe('UNREACHABLE');
  });

  test.each(['ftp://x', 'http://user:pw@x', 'http://x/?q', 'x'])('the address %s is refused', (url) => {
    expect(() => secretsClient({ url, credentials: { token: 't' } })).toThrow(TypeError);
  });
});
