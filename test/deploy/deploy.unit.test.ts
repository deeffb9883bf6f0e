// The image, the Helm chart and the systemd unit agree with the settings and the commands of the gateway.
import { globSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS } from '../../src/settings/settings.ts';
import { MAX_STOP_MS } from '../../src/startup/stop-limit.ts';

const ROOT = join(import.meta.dirname, '../..');
const CHART = 'deploy/helm/secrets-gateway';
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const unit = new Map(
  read('deploy/systemd/secrets-gateway.service')
    .split('\n')
    .filter((line) => /^\w+=/.test(line))
    .map((line) => line.split(/=(.*)/s, 2) as [string, string]),
);
const [, cache, options] = /^NODE_COMPILE_CACHE=(\S+) exec node (.*)$/.exec(
  JSON.parse(read('package.json')).scripts.start,
)!;
const npmStart = options!.split(' ');

test('the image and the systemd unit start the gateway with the same options as npm start', () => {
  const dockerfile = read('Dockerfile');
  const entrypoint: string[] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)![1]!);
  const command: string[] = JSON.parse(/^CMD (.*)$/m.exec(dockerfile)![1]!);
  expect([...entrypoint.slice(1), ...command].map((part) => part.replace('/gateway/', ''))).toEqual(npmStart);
  expect(unit.get('ExecStart')!.split(' ').slice(1)).toEqual(npmStart);
  expect(dockerfile).toContain(`NODE_COMPILE_CACHE=/gateway/${cache}`);
  expect(read('deploy/systemd/secrets-gateway.service')).toContain('NODE_COMPILE_CACHE=%C/secrets-gateway');
});

test('the Docker build context contains every path that the Dockerfile copies, and no keyring, database or .env file', () => {
  const lines = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  // As in Docker, the last matching line decides.
  const isInContext = (path: string) => {
    const matches = (pattern: string) =>
      pattern === '*' || path === pattern || path.startsWith(`${pattern}/`) || matchesGlob(path, pattern);
    return lines.findLast((line) => matches(line.replace(/^!/, '')))?.startsWith('!') === true;
  };
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths]) =>
    paths!.split(' '),
  );
  expect(copied.length).toBeGreaterThan(8);
  expect(copied.filter((path) => globSync(path, { cwd: ROOT }).length === 0 || !isInContext(path))).toEqual([]);
  const secret = [
    '.data/keyring.json',
    '.data/postgres/PG_VERSION',
    '.env',
    'deploy/compose/.env',
    'node_modules/pg',
    '.git/HEAD',
  ];
  expect(secret.filter(isInContext)).toEqual([]);
});

test('the chart accepts its default values and the values of its ci folder, and refuses unknown names', () => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(read(`${CHART}/values.schema.json`)));
  const values = parse(read(`${CHART}/values.yaml`));
  const files = globSync(`${CHART}/ci/*-values.yaml`, { cwd: ROOT });
  expect(files.length).toBeGreaterThan(1);
  for (const file of [undefined, ...files]) {
    const merged = file === undefined ? values : { ...values, ...withDefaults(values, parse(read(file))) };
    expect({ file, valid: validate(merged), errors: validate.errors }).toEqual({ file, valid: true, errors: null });
  }
  for (const wrong of [
    { replica: 2 },
    { settings: { KEYRING: 'x' } },
    { replicas: 0 },
    { ingress: { enabled: true, host: '' } },
    { worker: { ...values.worker, enabled: true } },
    { worker: { ...values.worker, settings: { WORKER_PORT: 1 } } },
    { worker: { ...values.worker, settings: { WORKER_HOST: '127.0.0.1' } } },
  ])
    expect(validate({ ...values, ...wrong })).toBe(false);
});

test('the chart accepts every setting of the gateway that is not secret and that the chart does not set itself', () => {
  const template = read(`${CHART}/templates/deployment.yaml`);
  const setByChart = new Set([...template.matchAll(/- name: ([A-Z_]+)$/gm)].map(([, name]) => name!));
  // The image sets HOST and DATA_DIR.
  for (const [, name] of read('Dockerfile').matchAll(/\b(HOST|DATA_DIR)=/g)) setByChart.add(name!);
  const open = Object.entries(SETTINGS)
    .filter(([, setting]) => (setting.of as readonly string[]).includes('gateway') && !('secret' in setting))
    .map(([name]) => name)
    .filter((name) => !setByChart.has(name));
  const schema = JSON.parse(read(`${CHART}/values.schema.json`));
  expect(Object.keys(schema.properties.settings.properties)).toEqual(open.sort());
});

test('the chart accepts every secret setting of the gateway that the chart does not set itself, from a Kubernetes secret', () => {
  const template = read(`${CHART}/templates/deployment.yaml`);
  const open = Object.entries(SETTINGS)
    .filter(([, setting]) => (setting.of as readonly string[]).includes('gateway') && 'secret' in setting)
    .map(([name]) => name)
    .filter((name) => !template.includes(`- name: ${name}\n`));
  const schema = JSON.parse(read(`${CHART}/values.schema.json`));
  expect(Object.keys(schema.properties.secretSettings.properties)).toEqual(open.sort());
});

test('the chart accepts every setting of the worker that is not secret and that the chart does not set itself', () => {
  const template = read(`${CHART}/templates/worker.yaml`);
  const setByChart = new Set([...template.matchAll(/- name: ([A-Z_]+)$/gm)].map(([, name]) => name!));
  const open = Object.entries(SETTINGS)
    .filter(([, setting]) => (setting.of as readonly string[]).includes('worker') && !('secret' in setting))
    .map(([name]) => name)
    .filter((name) => !setByChart.has(name));
  const { worker } = JSON.parse(read(`${CHART}/values.schema.json`)).properties;
  expect(Object.keys(worker.properties.settings.properties)).toEqual(open.sort());
});

test('in a container, the worker answers health checks from outside of the container', () => {
  expect(read('Dockerfile')).toMatch(/^ENV .*\bWORKER_HOST=0\.0\.0\.0 /m);
  expect(read(`${CHART}/templates/worker.yaml`)).toMatch(/- name: WORKER_HOST\n +value: 0\.0\.0\.0\n/);
});

test('the chart, the systemd unit and the compose file give the gateway enough time to stop', () => {
  const seconds = MAX_STOP_MS / 1_000;
  expect(read(`${CHART}/templates/deployment.yaml`)).toContain(`add .Values.drainSeconds ${seconds}`);
  expect(Number(unit.get('TimeoutStopSec'))).toBeGreaterThan(seconds);
  const { gateway } = parse(read('deploy/compose/compose.yaml')).services;
  expect(Number.parseInt(gateway.stop_grace_period, 10)).toBeGreaterThan(seconds);
});

/** Merges values as Helm does: objects are merged, and other values are replaced. */
function withDefaults(defaults: Record<string, unknown>, values: Record<string, unknown>): Record<string, unknown> {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries = Object.entries(values).map(([name, value]) => {
    const base = defaults[name];
    return [name, isObject(base) && isObject(value) ? { ...base, ...withDefaults(base, value) } : value];
  });
  return Object.fromEntries(entries);
}
