// Backs up a gateway that serves requests, and restores the backup at another place.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { command } from '../support/command.ts';
import { freshDatabase } from '../support/database.ts';
import {
  type Caller,
  cleanUp,
  createSecret,
  endAll,
  ROTATE,
  reveal,
  type Settings,
  signedIn,
  startGateway,
  temporaryDir,
  until,
} from '../support/gateway-process.ts';
import { remember, sentinel } from '../support/sentinel.ts';

// These tests start real processes, and the processes need more time on a busy machine.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const password = sentinel('password');
const VERIFY = 'mutation { verifyAuditLog { intact problem } }';
const EVENTS =
  'query ($a: [AuditAction!]) { auditEvents(filter: { actions: $a }, first: 10) { nodes { action outcome actor { kind } } } }';

let home: string;
let settings: Settings;
const drops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  home = await temporaryDir();
  settings = { DATA_DIR: join(home, 'source'), DATABASE_URL: await freshUrl(), ADMIN_PASSWORD: password };
});
afterEach(async () => {
  await endAll();
  for (const drop of drops.splice(0)) await drop();
});
afterAll(cleanUp);

async function freshUrl(): Promise<string> {
  const fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
  drops.push(fresh.drop);
  return fresh.url;
}

/** Starts the gateway with these settings, and signs in as the administrator. */
async function serve(settings: Settings) {
  const gateway = startGateway(settings);
  return { gateway, admin: await signedIn(await gateway.ready(), password) };
}

const actionsIn = async (admin: Caller, actions: string[]) =>
  (await admin.get(EVENTS, { a: actions })).auditEvents.nodes;

test('a backup of a busy gateway contains every value that was stored before the backup began, and the restored audit log is intact', async () => {
  const { gateway, admin } = await serve(settings);
  const values = new Map<string, string[]>();
  for (let i = 0; i < 40; i += 1) {
    const value = sentinel();
    await createSecret(admin, `secret${i}`, value);
    values.set(`secret${i}`, [value]);
  }
  const names = [...values.keys()];
  let isBusy = true;
  let changes = 0;
  const rotateAll = async (own: string[]) => {
    while (isBusy) {
      for (const name of own) {
        const value = sentinel();
        const { rotateSecret } = await admin.get(ROTATE, { i: { name, value } });
        values.get(name)![rotateSecret.secret.version - 1] = value;
        changes += 1;
      }
    }
  };
  const revealAll = async () => {
    while (isBusy) for (const name of names) await reveal(admin, name);
  };
  const load = [rotateAll(names.slice(0, 10)), rotateAll(names.slice(10, 20)), revealAll(), revealAll()];
  await until(() => changes > 60);

  const stored = new Map(names.map((name) => [name, values.get(name)!.length]));
  const changesBefore = changes;
  const file = join(home, 'backup');
  const created = await command(['backup', 'create', file], settings);
  expect(created.said).toContain('keyring');
  expect(created.code).toBe(0);
  expect(changes).toBeGreaterThan(changesBefore);
  isBusy = false;
  await Promise.all(load);
  expect(await gateway.end('SIGTERM')).toBe(0);

  const target = {
    DATA_DIR: join(home, 'target'),
    KEYRING_FILE: join(home, 'source', 'keyring.json'),
    ADMIN_PASSWORD: password,
  };
  const restored = await command(['backup', 'restore', file, '--json'], target);
  expect(restored.said).not.toContain('could not');
  const result = JSON.parse(restored.out);
  expect(result).toMatchObject({ intact: true, problems: [], values: { failed: 0 } });
  expect(restored.code).toBe(0);

  const again = await serve(target);
  let compared = 0;
  for (const name of names) {
    const query = 'query ($n: String!) { secret(name: $n) { version } }';
    const { version } = (await again.admin.get(query, { n: name })).secret;
    expect(version, name).toBeGreaterThanOrEqual(stored.get(name)!);
    for (let number = 1; number <= version; number += 1) {
      expect(await reveal(again.admin, name, number), `${name}, version ${number}`).toBe(values.get(name)![number - 1]);
      compared += 1;
    }
  }
  expect(compared).toBe(result.values.decrypted);
  expect((await again.admin.get(VERIFY)).verifyAuditLog).toEqual({ intact: true, problem: null });
  expect(await actionsIn(again.admin, ['BACKUP_CREATE', 'BACKUP_RESTORE'])).toEqual([
    { action: 'BACKUP_RESTORE', outcome: 'DONE', actor: { kind: 'OPERATOR' } },
    { action: 'BACKUP_CREATE', outcome: 'DONE', actor: { kind: 'OPERATOR' } },
  ]);

  // The restored gateway is running, and its database is no place for another restore.
  const refused = await command(['backup', 'restore', file], target);
  expect(refused.code).toBe(6);
  expect((await again.admin.get(VERIFY)).verifyAuditLog).toEqual({ intact: true, problem: null });
  expect(await again.gateway.end('SIGTERM')).toBe(0);
});

test('a restore refuses a missing keyring, another keyring and a damaged file before it creates a table', async () => {
  const { gateway, admin } = await serve(settings);
  await createSecret(admin, 'db', sentinel());
  const file = join(home, 'backup');
  expect((await command(['backup', 'create', file], settings)).code).toBe(0);
  expect((await command(['backup', 'create', file], settings)).code).toBe(6);
  expect(await gateway.end('SIGTERM')).toBe(0);

  const target = { DATA_DIR: join(home, 'target'), DATABASE_URL: await freshUrl() };
  expect((await command(['backup', 'restore', file], target)).code).toBe(1);
  const other = await serve({ ...settings, DATA_DIR: join(home, 'other'), DATABASE_URL: await freshUrl() });
  expect(await other.gateway.end('SIGTERM')).toBe(0);
  const otherKeyring = { ...target, KEYRING_FILE: join(home, 'other', 'keyring.json') };
  const refused = await command(['backup', 'restore', file], otherKeyring);
  expect(refused.code).toBe(1);
  expect(refused.said).toMatch(/does not contain k_[0-9a-f]{16}/);
  const bytes = await readFile(file);
  await writeFile(join(home, 'half'), bytes.subarray(0, bytes.length / 2));
  const right = { ...target, KEYRING_FILE: join(home, 'source', 'keyring.json') };
  expect((await command(['backup', 'restore', join(home, 'half')], right)).code).toBe(1);
  expect((await command(['backup', 'verify', join(home, 'half')], {})).code).toBe(1);
  expect((await command(['backup', 'verify', file], {})).code).toBe(0);
  // The database is still empty, so the right keyring and the complete file succeed.
  expect((await command(['backup', 'restore', file], right)).code).toBe(0);
});

test('a backup with a passphrase restores the keyring too, and a wrong passphrase restores nothing', async () => {
  const value = sentinel();
  const { gateway, admin } = await serve(settings);
  await createSecret(admin, 'db', value);
  const passphrase = sentinel('passphrase');
  await writeFile(join(home, 'passphrase'), `${passphrase}\n`, { mode: 0o600 });
  await writeFile(join(home, 'wrong'), `${sentinel('passphrase')}\n`, { mode: 0o600 });
  await writeFile(join(home, 'short'), 'short\n', { mode: 0o600 });
  const file = join(home, 'backup');
  const flag = '--passphrase-file';
  expect((await command(['backup', 'create', file, flag, join(home, 'short')], settings)).code).toBe(2);
  expect(await actionsIn(admin, ['BACKUP_CREATE'])).toEqual([]);
  expect((await command(['backup', 'create', file, flag, join(home, 'passphrase')], settings)).code).toBe(0);
  expect(await gateway.end('SIGTERM')).toBe(0);
  const keyring = await readFile(join(home, 'source', 'keyring.json'), 'utf8');
  for (const { key } of JSON.parse(keyring).keys) remember(key);

  const target = { DATA_DIR: join(home, 'target'), DATABASE_URL: await freshUrl(), ADMIN_PASSWORD: password };
  const file2 = join(home, 'target', 'keyring.json');
  expect((await command(['backup', 'restore', file, flag, join(home, 'wrong')], target)).code).toBe(2);
  expect(await readdir(home)).not.toContain('target');
  expect((await command(['backup', 'restore', file, flag, join(home, 'passphrase')], target)).code).toBe(0);
  expect(await readFile(file2, 'utf8')).toBe(keyring);
  expect((await stat(file2)).mode & 0o777).toBe(0o600);
  const again = await serve(target);
  expect(await reveal(again.admin, 'db')).toBe(value);
  expect(await again.gateway.end('SIGTERM')).toBe(0);
});

test('`database` runs the embedded PostgreSQL for a gateway, and `backup move` moves its data to another server', async () => {
  const value = sentinel();
  const dataDir = join(home, 'source');
  const alone = startGateway({ DATA_DIR: dataDir }, { args: ['database'] });
  await until(() => alone.printed().includes('\n'));
  const url = alone.printed().trim();
  expect(url).toMatch(/^postgresql:\/\/\S+$/);
  const { gateway, admin } = await serve({ DATA_DIR: dataDir, DATABASE_URL: url, ADMIN_PASSWORD: password });
  await createSecret(admin, 'db', value);

  const target = { DATA_DIR: dataDir, DATABASE_URL: await freshUrl(), ADMIN_PASSWORD: password };
  expect((await command(['backup', 'move'], target)).code).toBe(6);
  expect(await gateway.end('SIGTERM')).toBe(0);
  expect(await alone.end('SIGTERM')).toBe(0);
  expect((await command(['backup', 'move'], { DATA_DIR: dataDir })).code).toBe(2);
  const moved = await command(['backup', 'move', '--json'], target);
  expect(JSON.parse(moved.out)).toMatchObject({ intact: true, problems: [], values: { decrypted: 1, failed: 0 } });
  expect(moved.code).toBe(0);
  expect((await command(['backup', 'move'], target)).code).toBe(6);

  const again = await serve(target);
  expect(await reveal(again.admin, 'db')).toBe(value);
  expect((await again.admin.get(VERIFY)).verifyAuditLog).toEqual({ intact: true, problem: null });
  expect(await again.gateway.end('SIGTERM')).toBe(0);
  expect((await command(['audit', 'verify'], { DATA_DIR: dataDir })).code).toBe(0);
});
