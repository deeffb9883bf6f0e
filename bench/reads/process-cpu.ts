import { readFileSync } from 'node:fs';

const TICK_MICROSECONDS = 10_000;

/** CPU use of a process and its descendants, in microseconds. Undefined on systems other than Linux. */
export function treeCpu(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses, and may contain anything. `utime` and `stime` are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const own = (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
    const below = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return below === '' ? own : below.split(' ').reduce((sum, child) => sum + (treeCpu(Number(child)) ?? 0), own);
  } catch {
    return undefined;
  }
}
