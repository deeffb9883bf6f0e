// The compose files of deploy/compose agree with each other, with the image and with the documentation.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { CONDUCTOR_VERSION } from '../../scripts/conductor-server.ts';

interface Service {
  image: string;
  build?: { context: string };
  entrypoint?: string[];
  environment: Record<string, string>;
  volumes: string[];
  ports?: string[];
  secrets?: string[];
  networks?: string[];
}

interface Compose {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  volumes: Record<string, object>;
  networks: Record<string, object>;
}

const FOLDER = join(import.meta.dirname, '../../deploy/compose');
const DOCS = join(import.meta.dirname, '../../docs');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const compose = (name: string): Compose => parse(read(name), { strict: true, uniqueKeys: true });
const gatewayOnly = compose('compose.yaml');
const withConductor = compose('compose.conductor.yaml');
const { gateway } = gatewayOnly.services as Record<'postgres' | 'gateway', Service>;
const { conductor } = withConductor.services as Record<'conductor', Service>;
const services = [...Object.entries(gatewayOnly.services), ...Object.entries(withConductor.services)];

test('the gateway is the only service of the compose files with published ports, and listens for the host only', () => {
  const uiPort = withConductor.services.gateway!.environment.CONDUCTOR_UI_PORT;
  const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`));
  expect(published).toEqual([`gateway 127.0.0.1:4000:4000`, `gateway 127.0.0.1:${uiPort}:${uiPort}`]);
});

test('every file, volume, network and secret that the compose files name exists', () => {
  const mounts = services.flatMap(([, { volumes = [] }]) => volumes.map((text) => text.split(':')[0]!));
  const files = mounts.filter((source) => source.startsWith('.'));
  const built = '../../conductor/target/secrets-gateway-conductor.jar';
  expect(files).toContain(built);
  expect(files.filter((file) => file !== built && !existsSync(join(FOLDER, file)))).toEqual([]);
  expect(mounts.filter((source) => !source.startsWith('.')).sort()).toEqual(Object.keys(gatewayOnly.volumes).sort());
  expect(existsSync(join(FOLDER, gateway.build!.context, 'Dockerfile'))).toBe(true);
  const networks = services.flatMap(([, service]) => service.networks ?? []);
  expect(new Set(networks)).toEqual(new Set(Object.keys(gatewayOnly.networks)));
  expect(conductor.secrets).toEqual(Object.keys(withConductor.secrets));
});

test('the gateway of the compose file keeps its keyring in the data directory of the image', () => {
  const image = readFileSync(join(FOLDER, '../../Dockerfile'), 'utf8');
  expect(gateway.volumes).toEqual([`keyring:${/DATA_DIR=(\S+)/.exec(image)?.[1]}`]);
});

test('the Conductor server of the compose file starts with the module, in the version that the module knows', () => {
  expect(conductor.image).toBe(`docker.io/conductoross/conductor:\${CONDUCTOR_VERSION:-${CONDUCTOR_VERSION}}`);
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
  expect(used.filter((name) => !Object.hasOwn(conductor.environment, name!))).toEqual([]);
});

test.each([
  ['compose.yaml', 'deployment.md', []],
  ['compose.conductor.yaml', 'conductor-oss.md', ['ENGINE_KEY_ID', 'engine-key-secret']],
])(
  'the commands that start %s in docs/%s create every setting and file that the compose file requires',
  (file, page, more) => {
    const required = [...read(file).matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name!);
    expect(required).not.toEqual([]);
    const text = readFileSync(join(DOCS, page), 'utf8');
    expect([...required, ...more].filter((name) => !text.includes(name))).toEqual([]);
  },
);
