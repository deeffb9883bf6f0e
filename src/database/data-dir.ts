import { readFileSync } from 'node:fs';
import { mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

// The lock is SQLite's lock on a file. The operating system releases the lock when its holder ends for any reason. So there are no stale locks and no
// races, and reused process ids, restarts of the machine and containers with their own process ids cause no mistakes. `gateway.json` only shows
// people which process holds the lock.
// INVARIANT: only SQLite opens `gateway.lock`, because closing any other descriptor of the file would release the lock. Nothing deletes the file,
// because two processes could then lock two files of that name.
const LOCK = 'gateway.lock';
const HOLDER = 'gateway.json';
const BUSY = 5;

export type DataDirLock = { release(): Promise<void> };

type Holder = { pid: number; since: string; started: string | null };

/** Another process uses the data directory. `pid` and `since` (ISO 8601) are set if they are known. */
export class DataDirInUse extends Error {
  readonly pid: number | undefined;
  readonly since: string | undefined;

  constructor(dataDir: string, holder?: { pid: number; since?: string }) {
    const who = holder ? `process ${holder.pid}` : 'another process';
    const when = holder?.since ? ` since ${holder.since}` : '';
    super(
      `${dataDir} is in use by ${who}${when}. Only one gateway can use a DATA_DIR. Stop that gateway, or set another DATA_DIR.`,
    );
    this.name = 'DataDirInUse';
    this.pid = holder?.pid;
    this.since = holder?.since;
  }
}

const held = new Set<string>();
const created = new Set<string>();

/** Creates the directory (mode 0700) if it does not exist. Returns its real path. */
export async function makeDataDir(dataDir: string): Promise<string> {
  const first = await mkdir(resolve(dataDir), { recursive: true, mode: 0o700 });
  const real = await realpath(dataDir);
  if (first !== undefined) created.add(real);
  return real;
}

/** Whether this process created the directory, and may therefore change its owner and mode. */
export function createdHere(realDataDir: string): boolean {
  return created.has(realDataDir);
}

/** Whether this process holds the lock of the directory. */
export function heldHere(realDataDir: string): boolean {
  return held.has(realDataDir);
}

/**
 * Locks `dataDir` for this process until `release`, or until the process ends for any reason. Creates the directory if it does not exist.
 * @throws DataDirInUse if this or another process already holds the lock
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const dir = await makeDataDir(dataDir);
  const lock = await acquireLock(dir);
  try {
    // Someone may have deleted the lock file of a running gateway, so that this lock is a second file. The start time of a process identifies it
    // even if its process id is used again. Where the start time is unknown, this check is skipped, because an old process id could lock us out.
    const previous = readHolder(dir);
    if (previous?.started && previous.pid !== process.pid && isRunning(previous)) {
      throw new DataDirInUse(dir, previous);
    }

    const self: Holder = { pid: process.pid, since: new Date().toISOString(), started: startTimeOf(process.pid) };
    const draft = join(dir, `${HOLDER}.new`);
    await writeFile(draft, `${JSON.stringify(self)}\n`, { mode: 0o600 });
    await rename(draft, join(dir, HOLDER));
  } catch (error) {
    lock.close();
    throw error;
  }
  held.add(dir);

  let released = false;
  return {
    async release() {
      if (released) return;
      released = true;
      await rm(join(dir, HOLDER), { force: true });
      held.delete(dir);
      lock.close();
    },
  };
}

/** Returns the running gateway that uses this directory, if there is one. */
export function holderOf(dataDir: string): { pid: number; since: string } | undefined {
  const holder = readHolder(resolve(dataDir));
  return holder && isRunning(holder) ? holder : undefined;
}

async function acquireLock(dir: string): Promise<DatabaseSync> {
  const file = join(dir, LOCK);
  await writeFile(file, '', { mode: 0o600, flag: 'wx' }).catch((error) => {
    if (error.code !== 'EEXIST') throw error; // with wx, an existing file is not opened
  });
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    // With the journal in memory, SQLite writes nothing, so a full disk causes no failure. IMMEDIATE takes SQLite's single write lock and ignores
    // readers, so exactly one of several processes gets the lock.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== BUSY) throw error;
  }
  // The holder writes its process id shortly after it took the lock.
  for (let tries = 0; tries < 10; tries++) {
    const holder = readHolder(dir);
    if (holder && isRunning(holder)) throw new DataDirInUse(dir, holder);
    await sleep(20);
  }
  throw new DataDirInUse(dir);
}

function readHolder(dir: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(join(dir, HOLDER), 'utf8'));
    return Number.isInteger(holder.pid) ? holder : undefined;
  } catch {
    return undefined;
  }
}

function isRunning({ pid, started }: Holder): boolean {
  return isAlive(pid) && startTimeOf(pid) === started;
}

/** Whether a process with this id is running, under any account. A zombie process counts as ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const state = statOf(pid)?.[0];
  return state !== 'Z' && state !== 'X';
}

/** Returns a text that differs for a later process with the same id: the boot id and the start time. Returns null where they are unknown (not Linux). */
function startTimeOf(pid: number): string | null {
  const ticks = statOf(pid)?.[19];
  return ticks === undefined ? null : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
}

/** Returns the fields of /proc/PID/stat from the third (the state) on. The 22nd field (the start time, in ticks since boot) has index 19. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the second field is the command in parentheses, which may contain any text
  } catch {
    return undefined;
  }
}
