import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { DataDirInUse, isAlive, lockDataDir } from '../../src/database/data-dir.ts';
import { runningEmbedded, startEmbedded } from '../../src/database/embedded.ts';

// These tests start real processes, and the processes need more time on a busy machine.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 30_000 });

// The tests copy one database cluster, because creating a cluster takes a second and starting a copy takes a tenth of
// a second.
let home: string;
let dataDir: string;
let count = 0;
const children: ChildProcess[] = [];

beforeAll(async () => {
  // The directory has mode 0700. If the tests run as root, PostgreSQL's own account cannot enter this directory without
  // additional permissions.
  home = await mkdtemp(join(tmpdir(), 'embedded-'));
  dataDir = join(home, 'first');
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
});

afterAll(async () => {
  for (const name of await readdir(home)) await until(async () => (await serverOf(join(home, name))) === undefined);
  await rm(home, { recursive: true, force: true });
});

/** Creates the cluster that the first test normally creates. A test that runs alone needs this cluster. */
async function firstCluster(): Promise<void> {
  if ((await readdir(dataDir).catch((): string[] => [])).includes('postgres')) return;
  await (await startEmbedded({ dataDir })).stop();
}

/** Creates a new data directory with a copy of the cluster. */
async function copyOfCluster(): Promise<string> {
  await firstCluster();
  const copy = join(home, `copy-${++count}`);
  await mkdir(copy, { mode: 0o700 });
  for (const name of ['postgres', 'postgres-password']) {
    await cp(join(dataDir, name), join(copy, name), { recursive: true });
  }
  return copy;
}

/**
 * Starts a process that acts as a gateway. The process runs `body` and prints a line. The test kills the process at
 * the end.
 */
function gateway(body: string): { child: ChildProcess; line: Promise<string>; next(): Promise<string> } {
  const source = `
    import { lockDataDir } from ${JSON.stringify(new URL('../../src/database/data-dir.ts', import.meta.url).href)};
    import { startEmbedded } from ${JSON.stringify(new URL('../../src/database/embedded.ts', import.meta.url).href)};
    const say = (what) => process.stdout.write(JSON.stringify(what) + '\\n');
    setInterval(() => {}, 1000);
    try { ${body} } catch (error) { say({ name: error.name, message: error.message, pid: error.pid }); process.exit(1); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value ?? 'ended';
  return { child, line: next(), next };
}

const serving = (dir: string) => gateway(`say((await startEmbedded({ dataDir: ${JSON.stringify(dir)} })).url);`);
const locking = (dir: string) => gateway(`await lockDataDir(${JSON.stringify(dir)}); say('locked');`);

async function ask(url: string, sql: string, parameters: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, parameters)).rows;
  } finally {
    await client.end();
  }
}

/** Returns the process id of the PostgreSQL server that uses `dir`. */
async function serverOf(dir: string): Promise<number | undefined> {
  const file = await readFile(join(dir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(file.split('\n')[0]);
  return pid > 0 && isAlive(pid) ? pid : undefined;
}

async function until(condition: () => boolean | Promise<boolean>, milliseconds = 10_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it did not come to pass in time');
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

const mode = async (path: string) => (await stat(path)).mode & 0o777;

test('the first start creates an embedded database that accepts only connections with its password', async () => {
  const embedded = await startEmbedded({ dataDir });
  try {
    expect(new URL(embedded.url)).toMatchObject({ username: 'gateway', hostname: '127.0.0.1', pathname: '/secrets' });
    const settings = `SELECT current_database() AS db, pg_encoding_to_char(encoding) AS encoding,
      current_setting('fsync') AS fsync, current_setting('unix_socket_directories') AS sockets
      FROM pg_database WHERE datname = current_database()`;
    const sockets = join(dataDir, 'postgres');
    for (const url of [embedded.url, embedded.localUrl]) {
      expect(await ask(url, settings)).toEqual([{ db: 'secrets', encoding: 'UTF8', fsync: 'on', sockets }]);
      const wrong = new URL(url);
      wrong.password = 'another';
      await expect(ask(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    }
    expect(new URL(embedded.localUrl).searchParams.get('host')).toBe(sockets);
    expect(runningEmbedded(dataDir)).toBe(embedded.url);
  } finally {
    await embedded.stop();
  }
  expect(runningEmbedded(dataDir)).toBeUndefined();
  expect((await readdir(dataDir)).sort()).toEqual(['gateway.lock', 'postgres', 'postgres-password', 'postgres.log']);
});

test('other accounts of the machine cannot read the files of the embedded database', async () => {
  await firstCluster();
  for (const file of ['postgres-password', 'postgres.log', 'gateway.lock']) {
    expect(await mode(join(dataDir, file)), file).toBe(0o600);
  }
  expect(await mode(join(dataDir, 'postgres'))).toBe(0o700);
  expect((await mode(dataDir)) & 0o067, 'others: nothing; group: at most pass through').toBe(0);
});

test('after a restart, the embedded database contains all committed data', async () => {
  const dir = await copyOfCluster();
  const before = await startEmbedded({ dataDir: dir });
  await ask(before.url, "CREATE TABLE kept AS SELECT 'yes' AS answer");
  await before.stop();

  const embedded = await startEmbedded({ dataDir: dir });
  expect(await ask(embedded.url, 'SELECT answer FROM kept')).toEqual([{ answer: 'yes' }]);
  await embedded.stop();
  await embedded.stop(); // Stopping the embedded database a second time has no effect.
  expect(await serverOf(dir)).toBeUndefined();
});

test('the log of the embedded database contains no statement and no parameter, even if a statement fails', async () => {
  const dir = await copyOfCluster();
  const embedded = await startEmbedded({ dataDir: dir });
  await expect(ask(embedded.url, 'SELECT $1::uuid', ['hunter2'])).rejects.toThrow('hunter2');
  await expect(ask(embedded.url, "SELECT 'hunter3'::int")).rejects.toThrow('hunter3');
  await ask(embedded.url, 'CREATE TABLE once (word text PRIMARY KEY)');
  await ask(embedded.url, "INSERT INTO once VALUES ('hunter4')");
  await expect(ask(embedded.url, 'INSERT INTO once VALUES ($1)', ['hunter4'])).rejects.toMatchObject({ code: '23505' });
  await embedded.stop();
  const log = await readFile(join(dir, 'postgres.log'), 'utf8');
  expect(log).toContain('database system is ready');
  expect(log).not.toMatch(/hunter|SELECT|INSERT/);
});

test('if a process is killed while it creates the database cluster, the next start deletes the incomplete cluster', async () => {
  const dir = join(home, 'half-made');
  const { child } = serving(dir);
  const halves = async () => (await readdir(dir).catch(() => [])).filter((name) => name.startsWith('postgres.new-'));
  await until(async () => {
    const [half] = await halves();
    return half !== undefined && (await readdir(join(dir, half, 'postgres')).catch(() => [])).length > 0;
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await halves()).toHaveLength(1);
  expect(await readdir(dir)).not.toContain('postgres');

  const embedded = await startEmbedded({ dataDir: dir });
  expect(await ask(embedded.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await embedded.stop();
  expect(await halves()).toEqual([]);
});

test('if a gateway is killed, its PostgreSQL stops and loses no data', async () => {
  const dir = await copyOfCluster();
  const { child, line } = serving(dir);
  const url = JSON.parse(await line);
  await ask(url, 'CREATE TABLE survived (n int)');
  const server = await serverOf(dir);
  expect(server).toBeDefined();

  child.kill('SIGKILL');
  await until(() => !isAlive(server!));

  const embedded = await startEmbedded({ dataDir: dir });
  expect(await ask(embedded.url, 'SELECT count(*)::int AS rows FROM survived')).toEqual([{ rows: 0 }]);
  await embedded.stop();
});

test('if PostgreSQL still runs after its gateway was killed, the next gateway stops it before it starts a new PostgreSQL', async () => {
  const dir = await copyOfCluster();
  const { child, line } = serving(dir);
  await line;
  const orphan = await serverOf(dir);
  process.kill(orphan!, 'SIGSTOP'); // A suspended process cannot react to the process that watches it.
  child.kill('SIGKILL');
  await once(child, 'exit');
  setTimeout(() => process.kill(orphan!, 'SIGCONT'), 300);

  const described: string[] = [];
  const embedded = await startEmbedded({ dataDir: dir, print: (message) => described.push(message) });
  expect(described.join()).toContain(`process ${orphan}`);
  expect(isAlive(orphan!)).toBe(false);
  expect(await ask(embedded.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await embedded.stop();
});

test('the gateway ignores an old pid file if a different program now has the process id', async () => {
  const dir = await copyOfCluster();
  const other = gateway(`say('here');`);
  await other.line;
  await writeFile(
    join(dir, 'postgres', 'postmaster.pid'),
    `${other.child.pid}\n${dir}/postgres\n1\n1\n\n127.0.0.1\n\nready\n`,
  );
  const embedded = await startEmbedded({ dataDir: dir });
  expect(isAlive(other.child.pid!)).toBe(true);
  await embedded.stop();
});

test('the gateway restarts an embedded PostgreSQL that crashes, on the same port, and does not restart a PostgreSQL that the gateway stopped', async () => {
  const dir = await copyOfCluster();
  const described: string[] = [];
  const embedded = await startEmbedded({ dataDir: dir, print: (message) => described.push(message) });
  const killed = await serverOf(dir);
  process.kill(killed!, 'SIGKILL');
  // PostgreSQL recovers, although child processes of the killed process may still run.
  await until(() => runningEmbedded(dir) === embedded.url);
  await until(() =>
    ask(embedded.url, 'SELECT 1 AS one').then(
      () => true,
      () => false,
    ),
  );
  expect(await serverOf(dir)).not.toBe(killed);
  expect(described.join()).toMatch(/ended unexpectedly \(signal SIGKILL\).*Restarting PostgreSQL/);

  await embedded.stop();
  expect(await serverOf(dir)).toBeUndefined();
  expect(await Promise.race([embedded.exited, new Promise((tell) => setTimeout(tell, 100, 'nothing'))])).toBe(
    'nothing',
  );
});

test('if the embedded PostgreSQL does not restart, the gateway reports the failure with an understandable message', async () => {
  const dir = await copyOfCluster();
  const embedded = await startEmbedded({ dataDir: dir });
  await writeFile(join(dir, 'postgres', 'PG_VERSION'), '15\n');
  process.kill((await serverOf(dir))!, 'SIGKILL');
  expect((await embedded.exited).message).toMatch(/was created by PostgreSQL 15/);
  await embedded.stop();
  await (await lockDataDir(dir)).release();
});

test('if the embedded PostgreSQL is killed and the gateway immediately stops it, the gateway does not restart PostgreSQL', async () => {
  const dir = await copyOfCluster();
  const embedded = await startEmbedded({ dataDir: dir });
  process.kill((await serverOf(dir))!, 'SIGKILL');
  await embedded.stop();
  expect(await serverOf(dir)).toBeUndefined();
  await (await startEmbedded({ dataDir: dir })).stop();
});

test('pressing Ctrl-C in the terminal sends no signal to PostgreSQL', async () => {
  const dir = await copyOfCluster();
  const embedded = await startEmbedded({ dataDir: dir });
  const session = async (pid: number) => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')[3];
  const server = (await serverOf(dir))!;
  if (process.platform === 'linux') expect(await session(server)).not.toBe(await session(process.pid));
  await embedded.stop();
  expect(isAlive(server)).toBe(false);
});

test('if a gateway uses a data directory, a second gateway on this directory fails with the process id of the first gateway', async () => {
  const dir = await copyOfCluster();
  const { child, line } = serving(dir);
  const url = JSON.parse(await line);
  const refusal = await startEmbedded({ dataDir: dir }).catch((error) => error);
  expect(refusal).toBeInstanceOf(DataDirInUse);
  expect(refusal).toMatchObject({ pid: child.pid, since: expect.stringMatching(/^\d{4}-.*Z$/) });
  expect(refusal.message).toContain(`process ${child.pid} since ${refusal.since}`);
  expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(runningEmbedded(dir)).toBe(url);
});

test('deleting the lock file of a data directory does not allow a second gateway to use the directory', async () => {
  const dir = await copyOfCluster();
  const { child, line } = serving(dir);
  const url = JSON.parse(await line);
  await rm(join(dir, 'gateway.lock'));
  await expect(startEmbedded({ dataDir: dir })).rejects.toMatchObject({ name: 'DataDirInUse', pid: child.pid });
  expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('after a gateway is killed, the next gateway can use its data directory immediately', async () => {
  const dir = join(home, 'locked');
  const { child, line } = locking(dir);
  expect(await line).toBe('"locked"');
  await expect(lockDataDir(dir)).rejects.toMatchObject({ name: 'DataDirInUse', pid: child.pid });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = await lockDataDir(dir);
  await expect(lockDataDir(dir)).rejects.toMatchObject({ name: 'DataDirInUse', pid: process.pid });
  await lock.release();
  await (await lockDataDir(dir)).release();
});

test('if twenty processes try to lock the data directory of a killed gateway, exactly one process acquires the lock', {
  timeout: 20_000,
}, async () => {
  const dir = join(home, 'raced');
  const { child, line } = locking(dir);
  await line;
  const racers = Array.from({ length: 20 }, () =>
    gateway(`say('here'); await new Promise((go) => process.stdin.once('data', go));
      await lockDataDir(${JSON.stringify(dir)}); say('locked');`),
  );
  await Promise.all(racers.map((racer) => racer.line));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const results = racers.map((racer) => racer.next());
  for (const racer of racers) racer.child.stdin!.write('go\n');
  const outcomes = (await Promise.all(results)).map((result) => JSON.parse(result));
  expect(outcomes.filter((outcome) => outcome === 'locked')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome.name === 'DataDirInUse')).toHaveLength(19);
});

test('the gateway rejects a database cluster of a different major version of PostgreSQL with an understandable message', async () => {
  const dir = await copyOfCluster();
  await writeFile(join(dir, 'postgres', 'PG_VERSION'), '15\n');
  await expect(startEmbedded({ dataDir: dir })).rejects.toThrow(
    /was created by PostgreSQL 15; this gateway includes .*18/,
  );
});

test('the gateway rejects a database cluster without a password file with an understandable message', async () => {
  const dir = await copyOfCluster();
  await rm(join(dir, 'postgres-password'));
  await expect(startEmbedded({ dataDir: dir })).rejects.toThrow(/postgres-password is missing/);
});

test('if the gateway cannot create the data directory, it fails with an understandable message', async () => {
  const file = join(home, 'file');
  await writeFile(file, '');
  await expect(startEmbedded({ dataDir: join(file, 'data') })).rejects.toThrow(file);
});
