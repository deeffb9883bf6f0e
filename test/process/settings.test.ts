import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import { caller, cleanUp, endAll, signedIn, startGateway, temporaryDir } from '../support/gateway-process.ts';
import { remember, sentinel } from '../support/sentinel.ts';

let fresh: { url: string; drop: () => Promise<void> };
let home: string;
const keyring = randomBytes(32).toString('base64');
const password = sentinel('password');

beforeAll(async () => {
  remember(keyring);
  fresh = await freshDatabase(inject('databaseUrl'));
  home = await temporaryDir();
});
afterEach(endAll);
afterAll(async () => {
  await cleanUp();
  await fresh.drop();
});

const SIGN_IN = 'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token expiresAt } }';

test('every setting of the gateway takes effect', async () => {
  const dataDir = join(home, 'unused');
  const gateway = startGateway({
    ...{ HOST: '127.0.0.2', DATABASE_URL: fresh.url, DATABASE_CONNECTIONS: '2', DATA_DIR: dataDir, KEYRING: keyring },
    ...{
      ADMIN_USERNAME: 'ann',
      ADMIN_PASSWORD: password,
      TOKEN_TTL: '120',
      LOG_LEVEL: 'silent',
      INTROSPECTION: 'false',
    },
    TRUSTED_PROXIES: '127.0.0.0/8',
  });
  const url = await gateway.ready();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.2:\d+$/);

  const before = Date.now();
  const { signIn } = await caller(url).get(SIGN_IN, { u: 'ann', p: password });
  const seconds = (Date.parse(signIn.expiresAt) - before) / 1_000;
  expect(Math.round(seconds)).toBeGreaterThanOrEqual(119);
  expect(seconds).toBeLessThan(120 + 60);
  const claims = JSON.parse(Buffer.from(signIn.token.split('.')[1], 'base64url').toString());
  expect(claims.exp - claims.iat).toBe(120);

  expect((await caller(url, signIn.token).ask('{ __schema { queryType { name } } }')).errors).not.toEqual([]);

  await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': '192.0.2.7',
      authorization: `Bearer ${signIn.token}`,
    },
    body: JSON.stringify({ query: 'mutation { createGroup(input: { name: "from afar" }) { group { id } } }' }),
  });
  const events = '{ auditEvents(first: 1, filter: { actions: [GROUP_CREATE] }) { nodes { address } } }';
  expect((await caller(url, signIn.token).get(events)).auditEvents.nodes).toEqual([{ address: '192.0.2.7' }]);

  expect(await gateway.end('SIGTERM')).toBe(0);
  expect(gateway.said(), 'nothing was made, and nothing logged').toBe(`ready ${url}\n`);
  expect(existsSync(dataDir)).toBe(false);
});

test('if KEYRING_FILE is set, the gateway uses this file; with LOG_LEVEL info, the gateway logs requests', async () => {
  const other = await freshDatabase(inject('databaseUrl'));
  const file = join(home, 'elsewhere', 'ring.json');
  const gateway = startGateway({
    ...{ DATABASE_URL: other.url, DATA_DIR: join(home, 'unused'), KEYRING_FILE: file },
    ...{ ADMIN_PASSWORD: password, LOG_LEVEL: 'info' },
  });
  await signedIn(await gateway.ready(), password);
  expect(await gateway.end('SIGTERM')).toBe(0);
  expect(await readdir(join(home, 'elsewhere'))).toEqual(['ring.json']);
  expect(gateway.said()).toContain('"path":"/graphql"');
  await other.drop();
});

test('flags, a configuration file and files with secret values take effect in every process of a gateway', async () => {
  const other = await freshDatabase(inject('databaseUrl'));
  const file = async (name: string, text: string) => {
    await writeFile(join(home, name), text);
    return join(home, name);
  };
  const config = await file(
    'gateway.env',
    `HOST=127.0.0.3\nTOKEN_TTL=60\nWORKERS=2\nKEYRING=${keyring}\nLOG_LEVEL=silent\n`,
  );
  const secrets = {
    DATABASE_URL_FILE: await file('database-url', `${other.url}\n`),
    ADMIN_PASSWORD_FILE: await file('admin-password', `${password}\n`),
  };
  const args = ['serve', '--config', config, '--host', '127.0.0.2', '--token-ttl', '120'];
  const gateway = startGateway({ ...secrets, DATA_DIR: join(home, 'unused') }, { args });
  const url = await gateway.ready();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.2:\d+$/);
  const { signIn } = await caller(url).get(SIGN_IN, { u: 'admin', p: password });
  const claims = JSON.parse(Buffer.from(signIn.token.split('.')[1], 'base64url').toString());
  expect(claims.exp - claims.iat).toBe(120);
  expect(await gateway.end('SIGTERM')).toBe(0);
  await other.drop();
});

test('if several settings are invalid, the start reports all of them together, quotes none of their values, and creates nothing', async () => {
  const dataDir = join(home, 'never');
  const secret = sentinel('setting');
  const gateway = startGateway({
    ...{ PORT: '65536', HOST: 'a b', DATA_DIR: dataDir, DATABASE_URL: `mysql://u:${secret}@db/x`, KEYRING: secret },
    ...{ KEYRING_FILE: '/x', ADMIN_USERNAME: ' ', ADMIN_PASSWORD: 'hunter4', TOKEN_TTL: '0', LOG_LEVEL: 'loud' },
    ...{ INTROSPECTION: 'yes', TRUSTED_PROXIES: `10.0.0.1,${secret}`, DATABASE_CONNECTIONS: '1', WORKERS: '0' },
    ...{ CONDUCTOR_URL: `http://u:${secret}@c`, CONDUCTOR_TIMEOUT: '0', CONDUCTOR_KEY_SECRET: secret },
  });
  expect(await gateway.end()).toBe(2);
  const named = gateway.said().match(/^ {2}[A-Z_]+/gm);
  expect(named?.map((name) => name.trim()).sort()).toEqual([
    ...[
      'ADMIN_PASSWORD',
      'CONDUCTOR_KEY_ID',
      'CONDUCTOR_TIMEOUT',
      'CONDUCTOR_URL',
      'DATABASE_CONNECTIONS',
      'DATABASE_URL',
      'HOST',
      'INTROSPECTION',
      'KEYRING',
      'KEYRING',
    ],
    ...['LOG_LEVEL', 'PORT', 'TOKEN_TTL', 'TRUSTED_PROXIES', 'WORKERS'],
  ]);
  expect(gateway.said()).not.toMatch(/hunter4|snt-/);
  expect(existsSync(dataDir)).toBe(false);
});

test('an unknown command ends with exit code 2 and the most similar command', async () => {
  const gateway = startGateway({ DATA_DIR: join(home, 'never') }, { args: ['serf'] });
  expect(await gateway.end()).toBe(2);
  expect(gateway.said()).toMatch(/Unknown command `serf`\n.*serve/);
  expect(existsSync(join(home, 'never'))).toBe(false);
});
