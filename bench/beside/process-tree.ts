import { readFileSync } from 'node:fs';

const TICK_MICROSECONDS = 10_000;

/**
 * Returns the CPU time in microseconds of a process and its descendants, including descendants that have ended. Returns undefined on systems other
 * than Linux.
 */
export function treeCpu(pid: number): number | undefined {
  return sumOver(treeOf(pid), (one) => cpuOf(one, 4));
}

/** Returns the CPU time in microseconds of a process without its descendants. Returns undefined on systems other than Linux. */
export function processCpu(pid: number): number | undefined {
  return sumOver([pid], (one) => cpuOf(one, 2));
}

/**
 * Returns the memory in bytes of a process and its descendants. Processes of PostgreSQL share memory, so the function divides shared memory by the
 * number of processes that share the memory. Returns undefined on systems other than Linux.
 */
export function treeMemory(pid: number): number | undefined {
  return sumOver(treeOf(pid), (one) => kibibytes(`/proc/${one}/smaps_rollup`, 'Pss') * 1_024);
}

/** Returns the resident memory in bytes of a process without its descendants. Returns undefined on systems other than Linux. */
export function processMemory(pid: number): number | undefined {
  return sumOver([pid], (one) => kibibytes(`/proc/${one}/status`, 'VmRSS') * 1_024);
}

/** Returns the ids of a process and its descendants. */
function treeOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => treeOf(Number(child))))];
  } catch {
    return [pid];
  }
}

function sumOver(pids: readonly number[], of: (pid: number) => number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  return pids.reduce((sum, pid) => {
    try {
      return sum + of(pid);
    } catch {
      return sum; // the process has ended
    }
  }, 0);
}

/** Adds the first two or all four of the fields `utime`, `stime`, `cutime` and `cstime`. The last two fields count children that have ended. */
function cpuOf(pid: number, fields: 2 | 4): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field contains the process name in parentheses, and may contain any characters. `utime` is the field 14.
  const after = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return after.slice(11, 11 + fields).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MICROSECONDS;
}

function kibibytes(file: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
}
