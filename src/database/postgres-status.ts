// Reads the status of a PostgreSQL server from its pid file, and stops a server whose gateway was killed.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DataDirInUse, isAlive } from './data-dir.ts';
import { CLUSTER, TIMEOUT_MS } from './postgres-cluster.ts';

const run = promisify(execFile);

/** Stops the PostgreSQL server of a killed gateway. The caller must hold the lock of `dir`, so that no running gateway uses this server. */
export async function stopOrphan(dir: string, log: (message: string) => void): Promise<void> {
  const orphan = readPidFile(dir);
  if (!orphan) return;
  if (!(await isServerOf(orphan.pid, join(dir, CLUSTER)))) {
    // PostgreSQL only checks whether the process id in this file exists. If a zombie process or another program has this process id, PostgreSQL would
    // refuse to start. Therefore the function removes the file. Without the file, PostgreSQL still detects child processes of a killed server,
    // because PostgreSQL finds the shared memory of these processes.
    await rm(join(dir, CLUSTER, 'postmaster.pid'), { force: true });
    return;
  }
  log(`Stopping the PostgreSQL server (process ${orphan.pid}) of a gateway that was killed.`);
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    try {
      process.kill(orphan.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPERM') throw new DataDirInUse(dir, { pid: orphan.pid });
    }
    for (const end = Date.now() + TIMEOUT_MS; Date.now() < end; await sleep(15)) {
      if (!(await isServerOf(orphan.pid, join(dir, CLUSTER)))) return;
    }
  }
  throw new DataDirInUse(dir, { pid: orphan.pid });
}

/**
 * Returns whether process `pid` is a server of this cluster. The check is necessary because an unrelated program may now have the process id in an
 * old file.
 */
export async function isServerOf(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  // If the arguments of the process are not readable, the function treats the process as a server of this cluster.
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

export type ServerStatus = { pid: number; port: number; ready: boolean };

/** Reads `postmaster.pid`: process id, directory, start time, port, socket directory, address, shared memory key, state. */
export function readPidFile(dir: string): ServerStatus | undefined {
  try {
    const lines = readFileSync(join(dir, CLUSTER, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    if (!Number.isInteger(pid) || pid <= 1) return undefined;
    return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
  } catch {
    return undefined;
  }
}
