// Deletes data about tasks of workflows after the retention time. The data consists of captured values, and of the records which secret versions the
// gateway filled into which task.
import type { Sql } from '../database/client.ts';
import { DAYS_REMEMBERED, forgetHandedOut } from '../secrets/handed-out-store.ts';
import { DAYS_CAPTURED, forgetCaptured } from './captured-store.ts';

const DAY_MS = 86_400_000;
const BATCH = 1_000;

/** Deletes old rows in small batches. Several gateway processes may call this function at the same time. */
export async function deleteOldValues(sql: Sql, now: Date): Promise<void> {
  const daysAgo = (days: number) => new Date(now.getTime() - days * DAY_MS);
  while ((await forgetHandedOut(sql, daysAgo(DAYS_REMEMBERED), BATCH)) === BATCH);
  while ((await forgetCaptured(sql, daysAgo(DAYS_CAPTURED), BATCH)) === BATCH);
}
