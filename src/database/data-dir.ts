import { readFileSync } from 'node:fs';
import { mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

// The lock is one that the operating system keeps and drops by itself when its holder dies, however it dies: the lock
// SQLite takes on a file. So there is no stale lock to recognise, no two takers of one, and neither a pid used again, a
// restart of the machine nor two containers with pids of their own can confuse it. `gateway.json` beside it only tells
// people who holds it.
// INVARIANT: nothing but SQLite opens `gateway.lock` (closing any other descriptor would drop the lock), and nobody
// deletes it (two processes could lock two files of that name).
const LOCK = 'gateway.lock';
const HOLDER = 'gateway.json';
const BUSY = 5;

export type DataDirLock = { release(): Promise<void> };

type Holder = { pid: number; since: string; started: string | null };

/** Another process holds this data directory. `pid` and `since` (ISO 8601) where it could be told. */
export class DataDirInUse extends Error {
  readonly pid: number | undefined;
  readonly since: string | undefined;

  constructor(dataDir: string, holder?: { pid: number; since?: string }) {
    const who = holder ? `process ${holder.pid}` : 'another process';
    const when = holder?.since ? ` since ${holder.since}` : '';
    super(`${dataDir} is in use by ${who}${when}. One gateway runs per DATA_DIR; stop it or choose another DATA_DIR.`);
    this.name = 'DataDirInUse';
    this.pid = holder?.pid;
    this.since = holder?.since;
  }
}

const held = new Set<string>();
const made = new Set<string>();

/** Makes the directory if there is none (mode 0700) and gives its real path. */
export async function makeDataDir(dataDir: string): Promise<string> {
  const first = await mkdir(resolve(dataDir), { recursive: true, mode: 0o700 });
  const real = await realpath(dataDir);
  if (first !== undefined) made.add(real);
  return real;
}

/** Whether this process made the directory, and may thus change who can enter it. */
export function madeHere(realDataDir: string): boolean {
  return made.has(realDataDir);
}

/** Whether this process holds the directory's lock. */
export function heldHere(realDataDir: string): boolean {
  return held.has(realDataDir);
}

/**
 * Takes `dataDir`, made if there is none, for this process until `release` or its end, whatever end that is.
 * @throws DataDirInUse if another holds it (or this process already does)
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const dir = await makeDataDir(dataDir);
  const lock = await take(dir);
  try {
    // Whoever deleted the lock file from under a running gateway gave us a second lock, not the data. (Only where a
    // process can be told from a later one of its id; else an old id used again would keep us out.)
    const previous = readHolder(dir);
    if (previous?.started && previous.pid !== process.pid && isStill(previous)) {
      throw new DataDirInUse(dir, previous);
    }

    const me: Holder = { pid: process.pid, since: new Date().toISOString(), started: startOf(process.pid) };
    const draft = join(dir, `${HOLDER}.new`);
    await writeFile(draft, `${JSON.stringify(me)}\n`, { mode: 0o600 });
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

/** The live gateway that runs on this directory, if there is one. */
export function holderOf(dataDir: string): { pid: number; since: string } | undefined {
  const holder = readHolder(resolve(dataDir));
  return holder && isStill(holder) ? holder : undefined;
}

async function take(dir: string): Promise<DatabaseSync> {
  const file = join(dir, LOCK);
  await writeFile(file, '', { mode: 0o600, flag: 'wx' }).catch((error) => {
    if (error.code !== 'EEXIST') throw error; // with wx, a file that is there was not opened
  });
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    // With the journal in memory nothing is written, so a full disk is no matter.
    // IMMEDIATE takes the one write lock and needs nothing of readers: of any number of takers exactly one has it.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== BUSY) throw error;
  }
  // The holder writes its name a moment after it took the lock.
  for (let tries = 0; tries < 10; tries++) {
    const holder = readHolder(dir);
    if (holder && isStill(holder)) throw new DataDirInUse(dir, holder);
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

function isStill({ pid, started }: Holder): boolean {
  return isAlive(pid) && startOf(pid) === started;
}

/** Whether a process of this id lives, whoever owns it. One that is dead and not yet waited for does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const state = statOf(pid)?.[0];
  return state !== 'Z' && state !== 'X';
}

/** What tells a process from a later one of the same id: boot and start time, where the system tells (Linux). */
function startOf(pid: number): string | null {
  const ticks = statOf(pid)?.[19];
  return ticks === undefined ? null : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
}

/** Fields of /proc/PID/stat from the 3rd (the state) on; the 22nd (the start time, in ticks since boot) is at 19. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the 2nd is the command in parentheses, which may hold anything
  } catch {
    return undefined;
  }
}
