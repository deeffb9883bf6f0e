import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { Sensitive } from '../src/sensitive.ts';
import { ConfigError } from '../src/settings/config-error.ts';

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

test('every setting of the gateway has a default value', () => {
  expect(readConfig({})).toEqual({
    host: '127.0.0.1',
    port: 4000,
    databaseUrl: undefined,
    databaseConnections: 10,
    requireSynchronous: false,
    requestTimeout: 5,
    drainSeconds: 0,
    workers: 1,
    dataDir: resolve('.data'),
    keyring: undefined,
    keyringFile: resolve('.data/keyring.json'),
    adminUsername: 'admin',
    adminPassword: undefined,
    tokenTtl: 3_600,
    logLevel: 'info',
    introspection: true,
    operations: 'any',
    console: 'on',
    trustedProxies: [],
    conductor: undefined,
    auditSinks: { file: undefined, syslog: undefined, http: undefined },
    telemetry: undefined,
  });
});

test('the gateway treats an empty setting as unset', () => {
  const names = ['HOST', 'PORT', 'DATABASE_URL', 'DATA_DIR', 'KEYRING', 'KEYRING_FILE', 'ADMIN_USERNAME'];
  names.push('ADMIN_PASSWORD', 'TOKEN_TTL', 'LOG_LEVEL', 'INTROSPECTION', 'TRUSTED_PROXIES', 'DATABASE_CONNECTIONS');
  names.push('WORKERS', 'OPERATIONS', 'CONSOLE');
  names.push(
    'CONDUCTOR_CHECK',
    'CONDUCTOR_HTTP_TASKS',
    'CONDUCTOR_UI_PORT',
    'CONDUCTOR_URL',
    'CONDUCTOR_TIMEOUT',
    'CONDUCTOR_TOKEN',
    'CONDUCTOR_KEY_ID',
    'CONDUCTOR_KEY_SECRET',
  );
  expect(readConfig(Object.fromEntries(names.map((name) => [name, ' '])))).toEqual(readConfig({}));
});

test('the gateway parses each setting into the type of the setting', () => {
  const keyring = randomBytes(32).toString('base64');
  const config = readConfig({
    HOST: '::',
    PORT: '0',
    DATABASE_URL: 'postgres://gateway:hunter2@db:5432/secrets',
    DATABASE_CONNECTIONS: '3',
    WORKERS: '12',
    DATA_DIR: '/data',
    KEYRING: keyring,
    ADMIN_USERNAME: 'ann',
    ADMIN_PASSWORD: ' spaces are part of it ',
    TOKEN_TTL: '60',
    LOG_LEVEL: 'warn',
    INTROSPECTION: 'false',
    OPERATIONS: 'registered',
    CONSOLE: 'explorer',
    TRUSTED_PROXIES: '10.0.0.0/8, ::1 ,192.0.2.1,',
  });
  expect(config).toMatchObject({
    ...{
      host: '::',
      port: 0,
      databaseConnections: 3,
      workers: 12,
      dataDir: '/data',
      keyringFile: '/data/keyring.json',
    },
    ...{ adminUsername: 'ann', tokenTtl: 60, logLevel: 'warn', introspection: false, console: 'explorer' },
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
  ['OPERATIONS', ['ANY', 'none', 'constructor']],
  ['CONSOLE', ['true', 'ON', 'constructor']],
  ['HOST', ['a b', 'http://localhost', '10.0.0.0/8']],
  [
    'DATABASE_URL',
    ['mysql://u:hunter2@db/secrets', 'db/secrets', 'postgresql://u:hunter2@db:5432', 'postgresql://u:hunter2@:x/y'],
  ],
  ['KEYRING', ['hunter2', `${randomBytes(31).toString('base64')}`, `${'A'.repeat(43)}=,hunter2`]],
  ['ADMIN_USERNAME', ['a\nb', ' ann', 'x'.repeat(256), 'app:ann']],
  ['ADMIN_PASSWORD', ['hunter2', 'x'.repeat(1025)]],
  [
    'CONDUCTOR_URL',
    [
      'conductor:8080',
      'ftp://hunter2',
      'http://u:hunter2@c',
      'http://c/?hunter2',
      'http://c/#hunter2',
      'hunter2',
      '/api',
    ],
  ],
  ['CONDUCTOR_CHECK', ['on', 'REFUSE', 'hunter2']],
  ['CONDUCTOR_HTTP_TASKS', ['both', 'hunter2']],
  ['CONDUCTOR_UI_PORT', ['0', '65536', 'hunter2']],
  ['CONDUCTOR_TIMEOUT', ['0', '3601', '1.5', '2m', 'hunter2']],
  [
    'AUDIT_SINK_SYSLOG',
    ['logs', 'tls://logs:6514', 'tcp://', 'tcp://u:hunter2@logs', 'tcp://logs/hunter2', 'tcp://logs:x'],
  ],
  ['AUDIT_SINK_HTTP', ['logs', 'ftp://hunter2', 'http://u:hunter2@logs', 'http://logs/?hunter2']],
  ['AUDIT_SINK_HTTP_TOKEN', ['hunter2']],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', ['collector:4318', 'http://u:hunter2@collector', 'grpc://hunter2']],
  ['TRUSTED_PROXIES', ['hunter2', '10.0.0.0/33', '::1/129', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0']],
])('the gateway rejects the invalid setting %s, and the error does not quote its value', (name, values) => {
  for (const value of values) {
    const described = problems({ [name]: value });
    expect(described, value).toHaveLength(1);
    expect(described[0]?.startsWith(name), described[0]).toBe(true);
    expect(described[0]).not.toContain('hunter2');
  }
});

test('the setting WORKERS is a number or the number of CPU cores, and all worker processes share the allowed database connections', () => {
  expect(readConfig({ WORKERS: 'auto' }).workers).toBe(Math.min(64, availableParallelism()));
  expect(['1', '6', '7', '20', '32', '64'].map((WORKERS) => readConfig({ WORKERS }).databaseConnections)).toEqual([
    ...[10, 10, 8, 4, 4, 4],
  ]);
  expect(readConfig({ WORKERS: '64', DATABASE_CONNECTIONS: '10' }).databaseConnections).toBe(10);
  for (const WORKERS of ['0', '65', '-1', '1.5', 'all', 'AUTO']) {
    expect(problems({ WORKERS })).toEqual(['WORKERS must be a whole number from 1 to 64, or auto']);
  }
});

test('the gateway rejects a configuration that sets both KEYRING and KEYRING_FILE', () => {
  const described = problems({ KEYRING: randomBytes(32).toString('base64'), KEYRING_FILE: '/ring.json' });
  expect(described).toEqual(['KEYRING and KEYRING_FILE exclude each other: set one of them']);
});

describe('settings for a Conductor server', () => {
  const CONDUCTOR_URL = 'http://conductor:8080/api';
  const conductorOf = (env: Environment) => readConfig({ CONDUCTOR_URL, ...env }).conductor;

  test('the address is the only required setting for a Conductor server', () => {
    const url = new URL(CONDUCTOR_URL);
    expect(conductorOf({})).toEqual({
      url,
      timeoutMs: 120_000,
      credentials: undefined,
      check: 'refuse',
      httpTasks: 'engine',
      uiPort: undefined,
    });
    expect(conductorOf({ CONDUCTOR_UI_PORT: '4001' })?.uiPort).toBe(4_001);
    expect(conductorOf({ CONDUCTOR_CHECK: 'warn' })?.check).toBe('warn');
    expect(conductorOf({ CONDUCTOR_TIMEOUT: '3600' })?.timeoutMs).toBe(3_600_000);
  });

  test('the gateway signs in to a Conductor server with a token or an access key, and never prints the token or the access key', () => {
    const withToken = conductorOf({ CONDUCTOR_TOKEN: 'hunter2' })?.credentials as { token: Sensitive };
    expect(withToken).toEqual({ token: expect.any(Sensitive) });
    expect(withToken.token.expose()).toBe('hunter2');

    const key = { CONDUCTOR_KEY_ID: 'key-1', CONDUCTOR_KEY_SECRET: 'hunter2' };
    const withKey = conductorOf(key)?.credentials as { keyId: string; keySecret: Sensitive };
    expect(withKey).toEqual({ keyId: 'key-1', keySecret: expect.any(Sensitive) });
    expect(withKey.keySecret.expose()).toBe('hunter2');
    expect(JSON.stringify([withToken, withKey])).not.toContain('hunter2');
  });

  test.each<[what: string, env: Environment, described: RegExp[]]>([
    ['a token without a server', { CONDUCTOR_TOKEN: 'hunter2' }, [/^CONDUCTOR_TOKEN .*CONDUCTOR_URL/]],
    [
      'an access key without a server',
      { CONDUCTOR_KEY_ID: 'hunter2', CONDUCTOR_KEY_SECRET: 'hunter2' },
      [/^CONDUCTOR_KEY_ID .*CONDUCTOR_URL/, /^CONDUCTOR_KEY_SECRET .*CONDUCTOR_URL/],
    ],
    [
      'an access key id without the access key secret',
      { CONDUCTOR_URL, CONDUCTOR_KEY_ID: 'hunter2' },
      [/^CONDUCTOR_KEY_ID and CONDUCTOR_KEY_SECRET/],
    ],
    [
      'an access key secret without the access key id',
      { CONDUCTOR_URL, CONDUCTOR_KEY_SECRET: 'hunter2' },
      [/^CONDUCTOR_KEY_ID and CONDUCTOR_KEY_S/],
    ],
    [
      'both a token and an access key',
      { CONDUCTOR_URL, CONDUCTOR_TOKEN: 'hunter2', CONDUCTOR_KEY_ID: 'k', CONDUCTOR_KEY_SECRET: 'hunter2' },
      [/^CONDUCTOR_TOKEN and CONDUCTOR_KEY_ID exclude/],
    ],
    [
      'a port for the web interface without a server',
      { CONDUCTOR_UI_PORT: '4001' },
      [/^CONDUCTOR_UI_PORT .*CONDUCTOR_URL/],
    ],
    [
      'one port for two purposes',
      { CONDUCTOR_URL, PORT: '4001', CONDUCTOR_UI_PORT: '4001' },
      [/^CONDUCTOR_UI_PORT must differ/],
    ],
    ['a token of two lines', { CONDUCTOR_URL, CONDUCTOR_TOKEN: 'hunter2\nx: y' }, [/^CONDUCTOR_TOKEN must/]],
    [
      'a token, and an address that is no URL',
      { CONDUCTOR_URL: 'hunter2', CONDUCTOR_TOKEN: 'hunter2' },
      [/^CONDUCTOR_URL must/],
    ],
  ])('the gateway rejects settings for a Conductor server with %s', (_, env, described) => {
    const found = problems(env);
    expect(found).toEqual(described.map((pattern) => expect.stringMatching(pattern)));
    expect(found.join()).not.toContain('hunter2');
  });
});

test('the gateway reports all invalid settings in one error', () => {
  const wrong = { PORT: 'x', TOKEN_TTL: 'x', LOG_LEVEL: 'x', INTROSPECTION: 'x', TRUSTED_PROXIES: 'x,y', KEYRING: 'x' };
  expect(
    problems({ ...wrong, ADMIN_PASSWORD: 'x', DATABASE_URL: 'x', HOST: ' x', DATABASE_CONNECTIONS: 'x' }),
  ).toHaveLength(11);
  expect(
    problems({ ...wrong, CONDUCTOR_URL: 'x', CONDUCTOR_TIMEOUT: 'x', CONDUCTOR_TOKEN: ' x', CONDUCTOR_KEY_ID: 'x' }),
  ).toHaveLength(12);
});

test('audit sinks have an address each, and the token of the HTTP server is hidden', () => {
  const { auditSinks } = readConfig({
    AUDIT_SINK_FILE: '/var/log/audit.jsonl',
    AUDIT_SINK_SYSLOG: 'tcp+tls://[::1]',
    AUDIT_SINK_HTTP: 'https://logs.example/events',
    AUDIT_SINK_HTTP_TOKEN: 'hunter2',
  });
  expect(auditSinks).toMatchObject({
    file: '/var/log/audit.jsonl',
    syslog: { transport: 'tcp+tls', host: '::1', port: 6514 },
    http: { url: new URL('https://logs.example/events') },
  });
  expect(auditSinks.http?.token?.expose()).toBe('hunter2');
  expect(JSON.stringify(auditSinks)).not.toContain('hunter2');
});

test('the settings of OpenTelemetry count only if they name a collector and do not disable the export', () => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318/base';
  expect(readConfig({ OTEL_TRACES_SAMPLER: 'xray' }).telemetry).toBeUndefined();
  expect(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }).telemetry).toBeUndefined();
  expect(
    readConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20hunter2',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
      OTEL_RESOURCE_ATTRIBUTES: 'a=b%2Cc,d=e',
    }).telemetry,
  ).toMatchObject({
    serviceName: 'secrets-gateway',
    sampler: { name: 'parentbased_traceidratio', ratio: 0.1 },
    resourceAttributes: { a: 'b,c', d: 'e' },
    secretNames: false,
  });
  for (const [name, value] of [
    ['OTEL_TRACES_SAMPLER', 'xray'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
    ['OTEL_SECRET_NAMES', 'yes'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'hunter2'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'hunter2=%zz'],
  ] as const) {
    const [problem, ...more] = problems({ OTEL_EXPORTER_OTLP_ENDPOINT, [name]: value });
    expect(more).toEqual([]);
    expect(problem?.startsWith(name)).toBe(true);
    expect(problem).not.toContain('hunter2');
  }
});
