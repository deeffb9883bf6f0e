import { readFileSync } from 'node:fs';
import { mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

// The lock of a data directory is SQLite's lock on a file. The operating system releases the lock when the process that holds the lock ends for any
// reason. Therefore a lock never outlives its process. The lock does not depend on process ids, because the operating system can reuse a process id,
// and process ids inside containers are different. `gateway.json` only shows people which process holds the lock.
// INVARIANT: only SQLite opens `gateway.lock`, because the lock would be released if this process closed another file descriptor of `gateway.lock`.
// No code deletes `gateway.lock`, because otherwise two processes could each lock a different file of this name.
const LOCK = 'gateway.lock';
const HOLDER = 'gateway.json';
const BUSY = 5;

export type DataDirLock = { release(): Promise<void> };

type Holder = { pid: number; since: string; started: string | null };

/** An error: another process uses the data directory. The fields `pid` and `since` (ISO 8601) are set if the process and its start time are known. */
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

/** Creates the data directory with mode 0700 if the directory does not exist. Returns the real path of the directory. */
export async function makeDataDir(dataDir: string): Promise<string> {
  const first = await mkdir(resolve(dataDir), { recursive: true, mode: 0o700 });
  const real = await realpath(dataDir);
  if (first !== undefined) created.add(real);
  return real;
}

/** True if this process created the directory. Only the process that created a directory may change the owner and the mode of the directory. */
export function createdHere(realDataDir: string): boolean {
  return created.has(realDataDir);
}

/** Returns whether this process holds the lock of the directory. */
export function heldHere(realDataDir: string): boolean {
  return held.has(realDataDir);
}

/**
 * Locks `dataDir` for this process until the caller calls `release`, or until the process ends for any reason. Creates the directory if it does not
 * exist.
 * @throws DataDirInUse if this or another process already holds the lock
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const dir = await makeDataDir(dataDir);
  const lock = await acquireLock(dir);
  try {
    // If a person deleted the lock file of a running gateway, this process locked a new file although the first gateway is still running. The check
    // finds the first gateway by the process id and the start time in `gateway.json`. On systems without a known start time, the check is skipped.
    // The reason is that an unrelated program could have the process id of a former gateway, and this gateway could then never start.
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

/** Returns the running gateway that uses the data directory. Returns undefined if no gateway uses the directory. */
export function holderOf(dataDir: string): { pid: number; since: string } | undefined {
  const holder = readHolder(resolve(dataDir));
  return holder && isRunning(holder) ? holder : undefined;
}

async function acquireLock(dir: string): Promise<DatabaseSync> {
  const file = join(dir, LOCK);
  await writeFile(file, '', { mode: 0o600, flag: 'wx' }).catch((error) => {
    if (error.code !== 'EEXIST') throw error; // the flag `wx` fails if the file already exists
  });
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    // Because the journal is in memory, SQLite writes nothing to disk. The lock therefore also works on a full disk. `BEGIN IMMEDIATE` takes SQLite's
    // write lock, which only one process can hold, and does not wait for readers.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== BUSY) throw error;
  }
  // The function reads the file several times, because a process writes its process id shortly after the process locked the directory.
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

/** Returns whether a process with this id is running, under any account. The function treats a zombie process as ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const state = statOf(pid)?.[0];
  return state !== 'Z' && state !== 'X';
}

/**
 * Returns the boot id of the machine and the start time of a process, as one string. If a new process receives the same process id, the function
 * returns a different string. Returns null on systems other than Linux, where boot id and start time are unknown.
 */
function startTimeOf(pid: number): string | null {
  const ticks = statOf(pid)?.[19];
  return ticks === undefined ? null : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
}

/**
 * Returns the fields of /proc/PID/stat, beginning with the third field (the state). The 22nd field (the start time, in ticks since boot) has the
 * index 19 in the result.
 */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the second field is the command in parentheses; the command may contain spaces and parentheses
  } catch {
    return undefined;
  }
}
