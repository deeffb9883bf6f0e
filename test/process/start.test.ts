import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  cleanUp,
  createSecret,
  endAll,
  passwordIn,
  reveal,
  serverOf,
  signedIn,
  startGateway,
  temporaryDir,
} from '../support/gateway-process.ts';
import { sentinel } from '../support/sentinel.ts';

// All tests use the data directory that the first start creates. The data directory must be usable after each test.
let dataDir: string;
let printed: string;
const value = sentinel();
const password = () => passwordIn(printed) ?? '';

beforeAll(async () => {
  dataDir = join(await temporaryDir(), 'data');
  const first = startGateway({ DATA_DIR: dataDir });
  const url = await first.ready();
  printed = first.printed();
  await createSecret(await signedIn(url, password()), 'db', value);
  expect(await first.end('SIGTERM')).toBe(0);
  expect(first.said().split(password())).toHaveLength(2);
});
afterEach(endAll);
afterAll(cleanUp);

const mode = async (path: string) => (await stat(path)).mode & 0o777;

test('the first start prints the administrator password once, and prints a line when the gateway is ready', async () => {
  expect(password().length).toBeGreaterThanOrEqual(16);
  expect(printed.split('\n').map((line) => line.replace(password(), '…').replace(/:\d+$/, ':PORT'))).toEqual([
    `Created the keyring ${join(dataDir, 'keyring.json')}. Keep a copy apart from the database: without the keyring, no secret value can be decrypted.`,
    'First start. Sign in as admin with the password … — this password is shown only once.',
    'ready http://127.0.0.1:PORT',
    '',
  ]);
});

test('other accounts of the machine cannot read the files that the first start creates', async () => {
  expect(await mode(join(dataDir, 'keyring.json'))).toBe(0o600);
  expect((await mode(dataDir)) & 0o067, 'others: nothing; group: at most pass through').toBe(0);
  const names = await readdir(dataDir);
  for (const name of names) expect((await mode(join(dataDir, name))) & 0o077, name).toBe(0);
  expect(names.sort()).toEqual(['gateway.lock', 'keyring.json', 'postgres', 'postgres-password', 'postgres.log']);
});

test('a later start uses the database, the keyring and the password of the first start', async () => {
  const keyring = await readFile(join(dataDir, 'keyring.json'), 'utf8');
  const later = startGateway({ DATA_DIR: dataDir });
  expect(await reveal(await signedIn(await later.ready(), password()), 'db')).toBe(value);
  expect(later.printed()).toMatch(/^ready \S+\n$/);
  expect(await readFile(join(dataDir, 'keyring.json'), 'utf8')).toBe(keyring);
  expect(await later.end('SIGTERM')).toBe(0);
});

test('if the port is in use, the gateway reports an understandable message, and no process remains', async () => {
  const other = createServer();
  await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
  const { port } = other.address() as AddressInfo;
  const gateway = startGateway({ DATA_DIR: dataDir, PORT: String(port) });
  expect(await gateway.end()).toBe(1);
  other.close();
  expect(gateway.said()).toMatch(new RegExp(`^Cannot listen on 127\\.0\\.0\\.1:${port}: .*PORT.*\\n$`));
  expect(await serverOf(dataDir)).toBeUndefined();
  expect(await readdir(dataDir)).not.toContain('gateway.json');
});

test('a second gateway on the DATA_DIR of a running gateway reports the process id of the first gateway and stops, and the first gateway still runs', async () => {
  const first = startGateway({ DATA_DIR: dataDir });
  const admin = await signedIn(await first.ready(), password());
  const second = startGateway({ DATA_DIR: dataDir });
  expect(await second.end()).toBe(1);
  expect(second.said()).toContain(`${dataDir} is in use by process ${first.child.pid}`);
  expect(second.printed()).toBe('');
  expect(await reveal(admin, 'db')).toBe(value);
  expect(await first.end('SIGTERM')).toBe(0);
});

test('the gateway refuses a keyring file that other accounts can read', async () => {
  await chmod(join(dataDir, 'keyring.json'), 0o644);
  const gateway = startGateway({ DATA_DIR: dataDir });
  expect(await gateway.end()).toBe(1);
  await chmod(join(dataDir, 'keyring.json'), 0o600);
  expect(gateway.said()).toContain('keyring.json');
  expect(await serverOf(dataDir)).toBeUndefined();
});
