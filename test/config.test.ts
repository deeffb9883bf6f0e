import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, readConfig } from '../src/config.ts';

type Environment = Record<string, string | undefined>;

function problems(env: Environment): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test('without any setting there is a default for each', () => {
  expect(readConfig({})).toEqual({
    host: '127.0.0.1',
    port: 4000,
    databaseUrl: undefined,
    databaseConnections: 10,
    dataDir: resolve('.data'),
    keyring: undefined,
    keyringFile: resolve('.data/keyring.json'),
    adminUsername: 'admin',
    adminPassword: undefined,
    tokenTtl: 3_600,
    logLevel: 'info',
    introspection: true,
    trustedProxies: [],
  });
});

test('an empty setting counts as not set', () => {
  const names = ['HOST', 'PORT', 'DATABASE_URL', 'DATA_DIR', 'KEYRING', 'KEYRING_FILE', 'ADMIN_USERNAME'];
  names.push('ADMIN_PASSWORD', 'TOKEN_TTL', 'LOG_LEVEL', 'INTROSPECTION', 'TRUSTED_PROXIES', 'DATABASE_CONNECTIONS');
  expect(readConfig(Object.fromEntries(names.map((name) => [name, ' '])))).toEqual(readConfig({}));
});

test('each setting is taken', () => {
  const keyring = randomBytes(32).toString('base64');
  const config = readConfig({
    HOST: '::',
    PORT: '0',
    DATABASE_URL: 'postgres://gateway:hunter2@db:5432/secrets',
    DATABASE_CONNECTIONS: '3',
    DATA_DIR: '/data',
    KEYRING: keyring,
    ADMIN_USERNAME: 'ann',
    ADMIN_PASSWORD: ' spaces are part of it ',
    TOKEN_TTL: '60',
    LOG_LEVEL: 'warn',
    INTROSPECTION: 'false',
    TRUSTED_PROXIES: '10.0.0.0/8, ::1 ,192.0.2.1,',
  });
  expect(config).toMatchObject({
    ...{ host: '::', port: 0, databaseConnections: 3, dataDir: '/data', keyringFile: '/data/keyring.json' },
    ...{ adminUsername: 'ann', tokenTtl: 60, logLevel: 'warn', introspection: false },
    trustedProxies: ['10.0.0.0/8', '::1', '192.0.2.1'],
  });
  expect(config.databaseUrl?.expose()).toBe('postgres://gateway:hunter2@db:5432/secrets');
  expect(config.adminPassword?.expose()).toBe(' spaces are part of it ');
  expect(config.keyring?.expose()).toBe(keyring);
  expect(readConfig({ DATA_DIR: '/data', KEYRING_FILE: 'ring.json' }).keyringFile).toBe(resolve('ring.json'));
  const shown = `${JSON.stringify(config)} ${config.databaseUrl} ${config.adminPassword} ${config.keyring}`;
  for (const secret of ['hunter2', 'spaces', keyring]) expect(shown).not.toContain(secret);
});

test.each<[string, string[]]>([
  ['PORT', ['65536', '-1', '4e3', '0x10', 'http']],
  ['DATABASE_CONNECTIONS', ['0', '1', '201', 'many']],
  ['TOKEN_TTL', ['0', '-5', '1.5', '1h', '86401']],
  ['LOG_LEVEL', ['loud', 'INFO']],
  ['INTROSPECTION', ['yes', '1', 'TRUE']],
  ['HOST', ['a b', 'http://localhost', '10.0.0.0/8']],
  [
    'DATABASE_URL',
    ['mysql://u:hunter2@db/secrets', 'db/secrets', 'postgresql://u:hunter2@db:5432', 'postgresql://u:hunter2@:x/y'],
  ],
  ['KEYRING', ['hunter2', `${randomBytes(31).toString('base64')}`, `${'A'.repeat(43)}=,hunter2`]],
  ['ADMIN_USERNAME', ['a\nb', ' ann', 'x'.repeat(256)]],
  ['ADMIN_PASSWORD', ['hunter2', 'x'.repeat(1025)]],
  ['TRUSTED_PROXIES', ['hunter2', '10.0.0.0/33', '::1/129', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0']],
])('%s is refused where it is wrong, without being quoted', (name, values) => {
  for (const value of values) {
    const told = problems({ [name]: value });
    expect(told, value).toHaveLength(1);
    expect(told[0]?.startsWith(name), told[0]).toBe(true);
    expect(told[0]).not.toContain('hunter2');
  }
});

test('KEYRING and KEYRING_FILE exclude each other', () => {
  const told = problems({ KEYRING: randomBytes(32).toString('base64'), KEYRING_FILE: '/ring.json' });
  expect(told).toEqual(['KEYRING and KEYRING_FILE exclude each other: set one of them']);
});

test('all problems are told at once', () => {
  const wrong = { PORT: 'x', TOKEN_TTL: 'x', LOG_LEVEL: 'x', INTROSPECTION: 'x', TRUSTED_PROXIES: 'x,y', KEYRING: 'x' };
  expect(
    problems({ ...wrong, ADMIN_PASSWORD: 'x', DATABASE_URL: 'x', HOST: ' x', DATABASE_CONNECTIONS: 'x' }),
  ).toHaveLength(11);
});
