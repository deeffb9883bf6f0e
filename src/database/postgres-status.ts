// What PostgreSQL says of a server on a cluster, and the end of one that its gateway left behind.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DataDirInUse, isAlive } from './data-dir.ts';
import { CLUSTER, PATIENCE } from './postgres-cluster.ts';

const run = promisify(execFile);

/** Ends the server that a killed gateway left. We hold the lock, so it belongs to no live one. */
export async function endOrphan(dir: string, log: (message: string) => void): Promise<void> {
  const orphan = readPidFile(dir);
  if (!orphan) return;
  if (!(await isServerOf(orphan.pid, join(dir, CLUSTER)))) {
    // PostgreSQL itself only asks whether the process id exists, and would refuse to start because of one that is dead
    // but not waited for, or has become someone else's. (Should children of a killed server still live, it refuses by
    // their shared memory, with or without this file.)
    await rm(join(dir, CLUSTER, 'postmaster.pid'), { force: true });
    return;
  }
  log(`Ending the PostgreSQL (process ${orphan.pid}) that a killed gateway left.`);
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    try {
      process.kill(orphan.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPERM') throw new DataDirInUse(dir, { pid: orphan.pid });
    }
    for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(15)) {
      if (!(await isServerOf(orphan.pid, join(dir, CLUSTER)))) return;
    }
  }
  throw new DataDirInUse(dir, { pid: orphan.pid });
}

/** A process id out of an old file may by now be anyone's: only one that serves this cluster counts. */
export async function isServerOf(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  // What cannot be looked at is taken for one that does.
  if (process.platform === 'linux') {
    const args = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch((error) =>
      error.code === 'EACCES' ? cluster : '',
    );
    return args.split('\0').includes(cluster);
  }
  const args = await run('ps', ['-o', 'args=', '-p', String(pid)]).catch(() => ({
    stdout: isAlive(pid) ? cluster : '',
  }));
  return args.stdout.includes(cluster);
}

export type Status = { pid: number; port: number; ready: boolean };

/** PostgreSQL's own note: process id, directory, start time, port, socket directory, address, memory key, state. */
export function readPidFile(dir: string): Status | undefined {
  try {
    const lines = readFileSync(join(dir, CLUSTER, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    if (!Number.isInteger(pid) || pid <= 1) return undefined;
    return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
  } catch {
    return undefined;
  }
}
