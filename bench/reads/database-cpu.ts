import { readFile } from 'node:fs/promises';
import type { Sql } from '../../src/database/client.ts';

/** The CPU time in microseconds, by process id. */
export type DatabaseCpu = ReadonlyMap<number, number>;

/** Linux reports CPU times in hundredths of a second. The frequency of the kernel's clock has no effect. */
const TICK_MICROSECONDS = 10_000;

/** Returns the total CPU time of each process of PostgreSQL. Returns undefined on systems other than Linux. */
export async function databaseCpu(database: Sql): Promise<DatabaseCpu | undefined> {
  if (process.platform !== 'linux') return undefined;
  const rows = await database.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
  const used = rows.map(async ({ pid }): Promise<[number, number]> => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // The second field contains the process name in parentheses, and may contain any characters. The fields 14 and 15 contain `utime` and `stime`.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [pid, (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MICROSECONDS];
  });
  return new Map(await Promise.all(used));
}

/** Returns the CPU time between `before` and `after`. Processes that ended between `before` and `after` do not count. */
export function usedBetween(before: DatabaseCpu | undefined, after: DatabaseCpu | undefined): number | null {
  if (before === undefined || after === undefined) return null;
  return [...after].reduce((sum, [pid, used]) => sum + used - (before.get(pid) ?? 0), 0);
}
