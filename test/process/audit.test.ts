import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { FACT_SOURCES } from '../../src/audit/facts.ts';
import { handsIn } from '../audit/tampering.ts';
import { command } from '../support/command.ts';
import { freshDatabase } from '../support/database.ts';
import {
  type Caller,
  cleanUp,
  createSecret,
  endAll,
  REVEAL,
  type Settings,
  signedIn,
  startGateway,
  temporaryDir,
  until,
} from '../support/gateway-process.ts';
import { sentinel } from '../support/sentinel.ts';

// These tests start real processes, and the processes need more time on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const password = sentinel('password');
const VERIFY = 'mutation { verifyAuditLog { intact eventsChecked problem } }';

let settings: Settings;
let database: pg.Client;
let drop: () => Promise<void>;
beforeEach(async () => {
  const fresh = await freshDatabase(inject('databaseUrl'));
  drop = fresh.drop;
  settings = { DATA_DIR: await temporaryDir(), DATABASE_URL: fresh.url, ADMIN_PASSWORD: password };
  database = new pg.Client({ connectionString: fresh.url });
  database.on('error', () => {});
  await database.connect();
});
afterEach(async () => {
  await endAll();
  await database.end();
  await drop();
});
afterAll(cleanUp);

const eventsIn = async (where: string, params: unknown[] = []) =>
  (await database.query(`SELECT count(*)::int AS n FROM audit_events WHERE ${where}`, params)).rows[0].n as number;

/** Reveals one secret after another until the gateway stops. Returns the number of received values. */
async function revealUntilItEnds(who: Caller, name: string, received: () => void): Promise<void> {
  for (;;) {
    const answer = await who.ask(REVEAL, { n: name }).catch(() => undefined);
    if (answer === undefined) return;
    if (answer.data?.secret?.value) received();
  }
}

test('if kill -9 stops the gateway during many reveals, an audit event exists for every value that a client received, and verification of the audit log succeeds', async () => {
  const gateway = startGateway(settings);
  const admin = await signedIn(await gateway.ready(), password);
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) await createSecret(admin, name, sentinel());
  const received = new Map(names.map((name) => [name, 0]));
  // Several kinds of reveals run at the same time, so that many audit events share a database commit.
  const load = [...names, ...names, ...names, ...names].map((name) =>
    revealUntilItEnds(admin, name, () => received.set(name, (received.get(name) ?? 0) + 1)),
  );
  await until(() => [...received.values()].every((count) => count > 50));
  expect(await gateway.end('SIGKILL')).toBe('SIGKILL');
  await Promise.all(load);

  const next = startGateway(settings);
  const again = await signedIn(await next.ready(), password);
  for (const [name, count] of received) {
    const recorded = await eventsIn(`action = 'SECRET_REVEAL' AND outcome = 'DONE' AND subject_name = $1`, [name]);
    expect(recorded).toBeGreaterThanOrEqual(count);
  }
  // The next gateway process seals the audit events of the killed gateway process.
  const sealed =
    'SELECT bool_and(sealed_seq = seq) AS sealed FROM audit_streams WHERE id = (SELECT id FROM audit_streams ORDER BY id LIMIT 1)';
  await until(async () => (await database.query(sealed)).rows[0].sealed);
  const { verifyAuditLog } = await again.get(VERIFY);
  expect(verifyAuditLog).toMatchObject({ intact: true, problem: null });
  expect((await database.query('SELECT DISTINCT stream FROM audit_events')).rowCount).toBe(2);
  expect(await next.end('SIGTERM')).toBe(0);
});

test('a gateway that stops seals all its audit events with a checkpoint, and writes the checkpoint to its log', async () => {
  const gateway = startGateway(settings);
  const admin = await signedIn(await gateway.ready(), password);
  await createSecret(admin, 'db', sentinel());
  expect(await gateway.end('SIGTERM')).toBe(0);
  const { rows } = await database.query(
    `SELECT id, seq::int AS seq, encode(hash, 'hex') AS hash, sealed_seq::int AS sealed FROM audit_streams`,
  );
  expect(rows).toHaveLength(1);
  expect(rows[0].sealed).toBe(rows[0].seq);
  const described = gateway
    .said()
    .split('\n')
    .filter((line) => line.includes('audit checkpoint'))
    .map((line) => JSON.parse(line).checkpoint);
  const { id, seq, hash } = rows[0];
  expect(described.at(-1).streams).toEqual([{ id, seq, hash }]);

  // Removes a checkpoint and all later audit events. Only the checkpoint in the gateway's output shows the loss.
  const log = join(await temporaryDir(), 'gateway.log');
  await writeFile(log, gateway.said());
  expect((await command(['audit', 'verify', '--anchors', log], settings)).code).toBe(0);
  await database.query('SET session_replication_role = replica');
  for (const table of ['audit_events', 'audit_streams', 'audit_checkpoints', ...Object.keys(FACT_SOURCES)]) {
    await database.query(`DELETE FROM ${table}`);
  }
  expect((await command(['audit', 'verify'], settings)).code).toBe(0);
  const anchored = await command(['audit', 'verify', '--anchors', log], settings);
  expect([anchored.code, anchored.out]).toEqual([1, '']);
  expect(anchored.said).toMatch(/Checkpoint \d+ does not match its anchor|An anchor names checkpoint \d+, but/);
});

describe('the command audit', () => {
  let admin: Caller;
  beforeEach(async () => {
    const gateway = startGateway(settings);
    admin = await signedIn(await gateway.ready(), password);
    await createSecret(admin, 'db', sentinel());
    for (let i = 0; i < 3; i += 1) await admin.ask(REVEAL, { n: 'db' });
  });

  test('audit verify prints the number of audit events and exits with 0; after a change of the audit log, it prints the first changed event and exits with 1', async () => {
    const fine = await command(['audit', 'verify'], settings);
    expect([fine.code, fine.out]).toEqual([0, expect.stringMatching(/^Intact: \d+ events read\.\n$/)]);
    await database.query('SET session_replication_role = replica');
    const { rows } = await database.query(
      `UPDATE audit_events SET actor_name = 'nobody' WHERE id = (SELECT id FROM audit_events WHERE action = 'SECRET_REVEAL' ORDER BY seq LIMIT 1) RETURNING seq`,
    );
    const broken = await command(['audit', 'verify'], settings);
    expect([broken.code, broken.out]).toEqual([1, '']);
    expect(broken.said).toMatch(
      new RegExp(`NOT INTACT, \\d+ events read: Stream .*: event ${rows[0].seq} was changed`),
    );
    expect(broken.said).toContain('SECRET_REVEAL');
  });

  test('audit verify --values decrypts every stored value, names values that cannot be decrypted, and can start after a specific secret', async () => {
    for (const name of ['api', 'web']) await createSecret(admin, name, sentinel());
    const fine = await command(['audit', 'verify', '--values'], settings);
    expect([fine.code, fine.out]).toEqual([
      0,
      expect.stringMatching(/^Intact: \d+ events read\.\n3 secret values decrypted\.\n$/),
    ]);
    const { rows } = await database.query(
      `SELECT 'sec_' || replace(id::text, '-', '') AS id FROM secrets ORDER BY secrets.id`,
    );
    const [first, second, third] = rows.map(({ id }) => id as string);
    // If the command is killed, its output contains the position from which the next run continues.
    expect(fine.said).toContain(`--after ${third}`);
    await database.query(
      'UPDATE secret_versions v SET wrapped_key = sha256(wrapped_key) FROM secrets s WHERE s.id = v.secret_id AND s.name <> $1',
      ['web'],
    );
    const broken = await command(['audit', 'verify', '--values'], settings);
    expect(broken.code).toBe(1);
    for (const id of [first, second])
      expect(broken.out).toContain(
        `${id}, version 1: the value was changed or moved, or was not sealed under encryption key k_`,
      );
    expect(broken.said).toContain('1 secret value decrypted, 2 could not be decrypted.');
    const rest = await command(['audit', 'verify', '--values', '--after', second!], settings);
    expect([rest.code, rest.out]).toEqual([0, '1 secret value decrypted.\n']);
    const looks = await database.query(
      `SELECT changes FROM audit_events WHERE action = 'AUDIT_VERIFY' ORDER BY at DESC, seq DESC LIMIT 2`,
    );
    expect(looks.rows.map(({ changes }) => changes)).toEqual([
      { values: { after: second, opened: 1, unopenable: 0 } },
      { values: { after: second, versions: 1 } },
    ]);
  });

  test('if the output pipe of audit export closes, the command fails with an error about the pipe, and not about the database', async () => {
    const running = startGateway(settings, { args: ['audit', 'export'] });
    running.child.stdout?.destroy();
    expect(await running.end()).toBe(1);
    expect(running.said()).toContain('The export is incomplete');
  });

  test('audit verify checks a file of audit export without a database, and detects that the end of the file was removed', async () => {
    const { code, out } = await command(['audit', 'export'], settings);
    expect(code).toBe(0);
    const file = join(await temporaryDir(), 'log.jsonl');
    await writeFile(file, out);
    const offline = { DATA_DIR: await temporaryDir(), KEYRING_FILE: join(settings.DATA_DIR ?? '', 'keyring.json') };
    expect(await command(['audit', 'verify', file], offline)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Intact/),
    });
    await writeFile(file, out.split('\n').slice(0, -3).join('\n'));
    const cut = await command(['audit', 'verify', file], offline);
    expect(cut.code).toBe(1);
    expect(cut.said).toMatch(/NOT INTACT, \d+ events read: The file is incomplete/);
    expect(await readdir(offline.DATA_DIR)).toEqual([]);
  });

  test('audit retire retires a past month while a gateway runs, and never retires the current month', async () => {
    const month = (await database.query(`SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM') AS month`)).rows[0].month;
    const to = await temporaryDir();
    const nothing = await command(['audit', 'retire', '--before', month, '--to', to], settings);
    expect([nothing.code, nothing.out]).toEqual([0, `The database contains no audit events before ${month}.\n`]);
    expect((await command(['audit', 'retire', '--before', '9999-01', '--to', to], settings)).code).toBe(1);
    expect(await readdir(to)).toEqual([]);
    // Writes audit events into a month that is long past.
    await database.query(`SELECT make_audit_partition('2001-02-01')`);
    const done = await command(['audit', 'retire', '--before', '2001-03', '--to', to], settings);
    expect([done.code, done.out]).toEqual([
      0,
      expect.stringMatching(/^2001-02: 0 events exported to .*audit-2001-02\.jsonl, checked/),
    ]);
    const keyring = { ...settings, DATABASE_URL: undefined };
    expect((await command(['audit', 'verify', join(to, 'audit-2001-02.jsonl')], keyring)).code).toBe(0);
    expect(await readFile(join(to, 'audit-2001-02.jsonl'), 'utf8')).toContain('"month":"2001-02"');
    expect((await admin.get(VERIFY)).verifyAuditLog.intact).toBe(true);
  });
});

test.each([
  [[]],
  [['export', 'x']],
  [['verify', 'a', 'b']],
  [['retire']],
  [['retire', '--before', '2026']],
  [['verify', '--before', '2026-01']],
  [['verify', '--after', 'sec_01938a5c333370008000000000000001']],
  [['verify', '--values', '--after', 'db']],
  [['verify', '--values', 'a']],
  [['export', '--values']],
])('the command audit %j prints its usage', async (args) => {
  expect(await command(['audit', ...args], settings)).toMatchObject({ code: 2, out: '' });
});

test('after a dump was restored under a running gateway, an operator acknowledges the gap, and the audit log verifies again', async () => {
  const gateway = startGateway(settings);
  const admin = await signedIn(await gateway.ready(), password);
  await createSecret(admin, 'kept', sentinel());
  const dump = await handsIn(settings.DATABASE_URL ?? '');
  await dump.keep();
  await createSecret(admin, 'lost', sentinel());
  // The verification writes a checkpoint, which the restored dump does not contain.
  expect((await command(['audit', 'verify'], settings)).code).toBe(0);
  await dump.putBack();
  await dump.end();
  expect(await gateway.end('SIGTERM')).toBe(0);
  expect(gateway.said()).toContain('newest audit events of this gateway');

  const problems = await command(['audit', 'verify'], settings);
  expect(problems.code).toBe(1);
  expect(problems.said).toContain('ends with event');
  const acknowledge = ['audit', 'acknowledge', '--by', 'Olga', '--reason', 'restored the dump of Sunday'];
  expect((await command(acknowledge, settings)).code).toBe(1);
  expect((await command(['audit', 'verify'], settings)).code).toBe(1);
  expect((await command([...acknowledge, '--yes'], settings)).code).toBe(0);
  const next = startGateway(settings);
  const again = await signedIn(await next.ready(), password);
  await createSecret(again, 'later', sentinel());
  const verified = await command(['audit', 'verify', '--json'], settings);
  expect(verified.code).toBe(0);
  expect(verified.said).toContain('restored the dump of Sunday');
});
