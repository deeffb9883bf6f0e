import { readFileSync } from 'node:fs';

const TICK_MICROSECONDS = 10_000;

/** Returns the CPU time of a process and its descendants, in microseconds. Returns undefined on systems other than Linux. */
export function treeCpu(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field contains the process name in parentheses, and may contain any characters. The fields 14 and 15 contain `utime` and `stime`.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const own = (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
    const below = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return below === '' ? own : below.split(' ').reduce((sum, child) => sum + (treeCpu(Number(child)) ?? 0), own);
  } catch {
    return undefined;
  }
}
