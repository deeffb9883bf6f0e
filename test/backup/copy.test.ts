import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { verifyLog } from '../../src/audit/audit-verification.ts';
import type { BackupHeader, BackupPart } from '../../src/backup/backup-content.ts';
import { type BackupSummary, checkBackup, readParts, writeBackup } from '../../src/backup/backup-file.ts';
import { loadTables } from '../../src/backup/load-tables.ts';
import { readTables } from '../../src/backup/read-tables.ts';
import { TABLES } from '../../src/backup/tables.ts';
import { unwrapKeyring, wrapKeyring } from '../../src/backup/wrapped-keyring.ts';
import { connect, type Database, type Sql } from '../../src/database/client.ts';
import { schemaVersion } from '../../src/database/schema-version.ts';
import { Sensitive } from '../../src/sensitive.ts';
import { rotate } from '../secrets/operations.ts';
import { freshDatabase } from '../support/database.ts';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';

let w: World;
let folder: string;
let file: string;
let made: BackupSummary;
const undo: (() => Promise<unknown>)[] = [];

async function emptyDatabase(): Promise<Database> {
  const fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
  const database = connect({ url: fresh.url, connections: 2 });
  undo.push(() => database.close().then(fresh.drop));
  return database;
}

async function rowsOf(sql: Sql): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const table of TABLES) {
    const rows = await sql.query<{ row: string }>(`SELECT t::text AS row FROM "${table}" t ORDER BY 1`);
    found[table] = rows.map(({ row }) => row);
  }
  return found;
}

const tablesIn = (sql: Sql) =>
  sql.query<{ name: string }>(
    `SELECT relname::text AS name FROM pg_class
     WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1`,
  );

beforeAll(async () => {
  w = await world();
  folder = await mkdtemp(join(tmpdir(), 'backup-'));
  file = join(folder, 'backup');
  const user = await w.user('ann');
  const application = await w.application('billing');
  const group = await w.group('ops', [user.id, application.id]);
  for (const name of ['db', 'api', 'mail']) await w.secret(name, { tags: ['env:prod', 'team:ops'] });
  await w.grant(group, ['READ'], 'env:prod');
  await rotate(w.admin, { name: 'db', value: sentinel() });
  await w.reveal(w.admin, 'db', 1);
  // Texts that a careless copy would change: quotes, parentheses, commas, line breaks, an empty text and a backslash.
  const odd = [
    '"',
    '\\',
    '(,)',
    '""',
    '\\N',
    '\n',
    '\r\n',
    '\u2028\u2029',
    '',
    ' ',
    'NULL',
    '{"a":[1]}',
    '\u{1f511}',
    '\t',
  ];
  for (const [i, value] of [...odd, odd.join('x')].entries()) {
    await w.database.query(
      `INSERT INTO environment_variables (id, name, value, created_at, updated_at)
       VALUES (gen_random_uuid(), $1, $2, now(), timestamptz '2026-02-03 04:05:06.789012+00')`,
      [`odd${i}`, value],
    );
  }
  made = await readTables(w.database, ({ header, parts }) => writeBackup(file, header, parts));
});
afterAll(async () => {
  for (const step of undo.reverse()) await step();
  await w.close();
  await rm(folder, { recursive: true });
});

test('a backup contains every table of the database', async () => {
  expect((await tablesIn(w.database)).map(({ name }) => name)).toEqual([...TABLES].sort());
});

test('a restored database has exactly the rows, triggers and migrations of the original database', async () => {
  const copy = await emptyDatabase();
  await loadTables(copy, made.header, readParts(file));
  const original = await rowsOf(w.database);
  expect(original.secret_tags?.length).toBe(6);
  expect(await rowsOf(copy)).toEqual(original);
  const triggers = `SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2`;
  expect(await copy.query(triggers)).toEqual(await w.database.query(triggers));
  expect(await schemaVersion((text) => copy.query(text))).toBe('current');
  expect(await verifyLog({ database: copy, keyring: w.keyring })).toMatchObject({ intact: true, problem: null });
});

test('the copy of a database without a file has the same rows', async () => {
  const copy = await emptyDatabase();
  await readTables(w.database, ({ header, parts }) => loadTables(copy, header, parts));
  expect(await rowsOf(copy)).toEqual(await rowsOf(w.database));
});

test('a backup does not contain changes that are committed after the backup began', async () => {
  const copy = await emptyDatabase();
  const late = await readTables(w.database, async ({ header, parts }) => {
    const name = `late${Date.now()}`;
    await w.secret(name);
    await loadTables(copy, header, parts);
    return name;
  });
  const count = async (sql: Sql) => (await sql.query('SELECT 1 FROM secrets WHERE name = $1', [late])).length;
  expect([await count(w.database), await count(copy)]).toEqual([1, 0]);
  expect(await verifyLog({ database: copy, keyring: w.keyring })).toMatchObject({ intact: true });
});

test('only the owner can read a backup file, and no unfinished file remains', async () => {
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
});

test('a backup never replaces an existing file', async () => {
  const before = await readFile(file);
  const again = readTables(w.database, ({ header, parts }) => writeBackup(file, header, parts));
  await expect(again).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await readFile(file)).toEqual(before);
});

test('an interrupted backup leaves no file', async () => {
  const stopped = join(folder, 'stopped');
  const controller = new AbortController();
  const onRows = () => controller.abort();
  const begun = readTables(w.database, ({ header, parts }) =>
    writeBackup(stopped, header, parts, { onRows, signal: controller.signal }),
  );
  await expect(begun).rejects.toMatchObject({ name: 'AbortError' });
  expect((await readdir(folder)).filter((name) => name.includes('stopped'))).toEqual([]);
});

test('the check of a backup returns the numbers that the backup had when it was made', async () => {
  expect(await checkBackup(file)).toEqual(made);
  expect(made.rows.secrets).toBe(3);
});

const lineOf = (text: string, start: string) => text.split('\n').find((line) => line.startsWith(start)) ?? '';
const CHANGES: [what: string, change: (text: string) => string][] = [
  ['a changed row', (text) => text.replace('team:ops', 'team:ope')],
  ['a missing row', (text) => text.replace(lineOf(text, '{"table":"secret_tags"'), '')],
  ['a missing part', (text) => text.replace(`${lineOf(text, '{"table":"secret_tags"')}\n`, '')],
  ['no last line', (text) => text.replace(lineOf(text, '{"end"'), '')],
  ['half of a line at the end', (text) => text.slice(0, -10)],
  ['an additional line', (text) => `${text}{"table":"users","rows":[]}\n`],
  ['a changed description', (text) => text.replace('"months":[', '"months":["2020-01",')],
  ['a different format', (text) => text.replace('secrets-gateway-backup', 'something-else')],
  ['no content', () => ''],
];
test.each(CHANGES)('the check of a backup with %s fails', async (_, change) => {
  const text = gunzipSync(await readFile(file)).toString();
  expect(change(text)).not.toBe(text);
  const changed = join(folder, 'changed');
  await writeFile(changed, gzipSync(change(text)));
  await expect(checkBackup(changed)).rejects.toMatchObject({ name: 'BackupError', reason: 'DAMAGED' });
});

test('the check of a backup file with missing or changed bytes fails', async () => {
  const bytes = await readFile(file);
  const changed = join(folder, 'bytes');
  for (const part of [0, 0.2, 0.5, 0.9]) {
    const at = Math.floor(bytes.length * part);
    await writeFile(changed, bytes.subarray(0, at));
    await expect(checkBackup(changed), `cut at ${at}`).rejects.toMatchObject({ reason: 'DAMAGED' });
    const flipped = Buffer.from(bytes);
    flipped[at] = flipped[at]! ^ 0x10;
    await writeFile(changed, flipped);
    await expect(checkBackup(changed), `changed at ${at}`).rejects.toMatchObject({ reason: 'DAMAGED' });
  }
});

test('a backup with a newer format version is refused', async () => {
  const changed = join(folder, 'newer');
  const text = gunzipSync(await readFile(file)).toString();
  await writeFile(changed, gzipSync(text.replace('"version":1', '"version":2')));
  await expect(checkBackup(changed)).rejects.toMatchObject({ reason: 'OTHER_VERSION' });
});

test('a restore refuses a database that contains a table, and changes nothing', async () => {
  const used = await emptyDatabase();
  await used.query('CREATE TABLE notes (text TEXT)');
  await expect(loadTables(used, made.header, readParts(file))).rejects.toMatchObject({ reason: 'NOT_EMPTY' });
  expect((await tablesIn(used)).map(({ name }) => name)).toEqual(['notes']);
});

const BROKEN: [
  what: string,
  header: (header: BackupHeader) => BackupHeader,
  parts: () => AsyncGenerator<BackupPart>,
][] = [
  [
    'an error in the middle of the backup',
    (header) => header,
    async function* () {
      let count = 0;
      for await (const part of readParts(file)) {
        if (count === 5) throw new Error('The disk failed.');
        count += 1;
        yield part;
      }
    },
  ],
  [
    'a row that does not fit its table',
    (header) => header,
    async function* () {
      yield { table: 'users', rows: ['(no-uuid)'] };
    },
  ],
  [
    'unknown migrations',
    (header) => ({ ...header, migrations: [{ name: '0001_ground', checksum: 'other' }] }),
    () => readParts(file),
  ],
  [
    'unknown tables',
    (header) => ({ ...header, tables: [...header.tables, { name: 'pg_class', columns: ['oid'] }] }),
    () => readParts(file),
  ],
];
test.each(BROKEN)('after a restore that fails because of %s, the database is empty', async (_, header, parts) => {
  const target = await emptyDatabase();
  await expect(loadTables(target, header(made.header), parts())).rejects.toThrow();
  expect(await tablesIn(target)).toEqual([]);
  await loadTables(target, made.header, readParts(file));
  expect(await rowsOf(target)).toMatchObject({ secrets: { length: 3 } });
});

test('only the passphrase decrypts a keyring in a backup', async () => {
  const passphrase = new Sensitive(sentinel('passphrase'));
  const text = sentinel('keyring');
  const wrapped = await wrapKeyring(text, passphrase);
  expect(JSON.stringify(wrapped)).not.toContain(text);
  expect(await unwrapKeyring(wrapped, passphrase)).toBe(text);
  const other = new Sensitive(sentinel('passphrase'));
  await expect(unwrapKeyring(wrapped, other)).rejects.toMatchObject({ reason: 'PASSPHRASE' });
  await expect(wrapKeyring(text, new Sensitive('too short'))).rejects.toMatchObject({ reason: 'PASSPHRASE' });
});
