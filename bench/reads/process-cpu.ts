import { readFileSync } from 'node:fs';

const TICK_MICROSECONDS = 10_000;

/** Microseconds of CPU that a process and those below it have used; undefined where the system does not tell (it is Linux that does). */
export function treeCpu(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before stands in brackets and may hold anything. `utime` and `stime` are the 14th and 15th field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const own = (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
    const below = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return below === '' ? own : below.split(' ').reduce((sum, child) => sum + (treeCpu(Number(child)) ?? 0), own);
  } catch {
    return undefined;
  }
}
