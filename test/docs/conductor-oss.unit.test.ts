// The files of examples/conductor-oss agree with each other and with docs/conductor-oss.md.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { CONDUCTOR_VERSION } from '../../scripts/conductor-server.ts';

interface Service {
  image?: string;
  build?: { context: string; dockerfile: string };
  entrypoint?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  ports?: string[];
  secrets?: string[];
  networks?: string[];
}

const FOLDER = join(import.meta.dirname, '../../examples/conductor-oss');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const compose = parse(read('compose.yaml'), { strict: true, uniqueKeys: true }) as {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  volumes: Record<string, object>;
  networks: Record<string, object>;
};
const { postgres, gateway, conductor } = compose.services as Record<'postgres' | 'gateway' | 'conductor', Service>;
const page = readFileSync(join(import.meta.dirname, '../../docs/conductor-oss.md'), 'utf8');

test('the gateway is the only service of the compose file with published ports, and listens for the host only', () => {
  const uiPort = gateway.environment!.CONDUCTOR_UI_PORT;
  expect(Object.entries(compose.services).flatMap(([name, { ports }]) => (ports === undefined ? [] : [name]))).toEqual([
    'gateway',
  ]);
  expect(gateway.ports).toEqual(['127.0.0.1:4000:4000', `127.0.0.1:${uiPort}:${uiPort}`]);
});

test('every file, volume, network and secret that the compose file names exists', () => {
  const mounts = Object.values(compose.services).flatMap(({ volumes = [] }) =>
    volumes.map((text) => text.split(':')[0]!),
  );
  const files = mounts.filter((source) => source.startsWith('.'));
  const built = '../../conductor/target/secrets-gateway-conductor.jar';
  expect(files).toContain(built);
  expect(files.filter((file) => file !== built && !existsSync(join(FOLDER, file)))).toEqual([]);
  expect(mounts.filter((source) => !source.startsWith('.')).sort()).toEqual(Object.keys(compose.volumes).sort());
  expect(existsSync(join(FOLDER, gateway.build!.context, gateway.build!.dockerfile))).toBe(true);
  for (const { networks } of Object.values(compose.services)) expect(networks).toEqual(Object.keys(compose.networks));
  expect(conductor.secrets).toEqual(Object.keys(compose.secrets));
});

test('the Conductor server of the compose file starts with the module, in the version that the module knows', () => {
  expect(conductor.image).toBe(`conductoross/conductor:\${CONDUCTOR_VERSION:-${CONDUCTOR_VERSION}}`);
  expect(conductor.entrypoint).toContain('-Dloader.path=/module/secrets-gateway-conductor.jar');
  const properties = new Map(
    read('conductor.properties')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(/=(.*)/s, 2) as [string, string]),
  );
  expect(properties.get('conductor.secrets.type')).toBe('gateway');
  expect(properties.get('conductor.secrets.gateway.key-secret-file')).toBe('/run/secrets/engine-key-secret');
  expect(properties.get('conductor.grpc-server.enabled')).toBe('false');
  const used = [...properties.values()].flatMap((value) => [...value.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name));
  expect(used.filter((name) => !Object.hasOwn(conductor.environment!, name!))).toEqual([]);
});

test('docs/conductor-oss.md creates every setting and file that the compose file requires', () => {
  const required = [...read('compose.yaml').matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name!);
  expect(required.length).toBeGreaterThan(3);
  const named = [...required, 'ENGINE_KEY_ID', compose.secrets['engine-key-secret']!.file.replace('./', '')];
  expect(named.filter((name) => !page.includes(name))).toEqual([]);
  expect(postgres.environment).toMatchObject({ GATEWAY_DB_PASSWORD: expect.any(String) });
});
