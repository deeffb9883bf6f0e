import { readFile } from 'node:fs/promises';
import type { Sql } from '../../src/database/client.ts';

/** Microseconds of CPU by process id. */
export type DatabaseCpu = ReadonlyMap<number, number>;

/** Linux tells times in hundredths of a second, whatever its own clock does. */
const TICK_MICROSECONDS = 10_000;

/** What each process of the server has used so far. Only Linux tells; elsewhere undefined. */
export async function databaseCpu(database: Sql): Promise<DatabaseCpu | undefined> {
  if (process.platform !== 'linux') return undefined;
  const rows = await database.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
  const used = rows.map(async ({ pid }): Promise<[number, number]> => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // The name before stands in brackets and may hold anything. `utime` and `stime` are the 14th and 15th field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [pid, (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MICROSECONDS];
  });
  return new Map(await Promise.all(used));
}

/** What was used from `before` to `after`. Processes that are gone by then do not count. */
export function usedBetween(before: DatabaseCpu | undefined, after: DatabaseCpu | undefined): number | null {
  if (before === undefined || after === undefined) return null;
  return [...after].reduce((sum, [pid, used]) => sum + used - (before.get(pid) ?? 0), 0);
}
