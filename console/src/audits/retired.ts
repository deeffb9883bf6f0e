import { useAsk } from '../api/queries.ts';
import { LogEvents } from '../generated/operations.ts';

/**
 * Returns the end of the last month whose audit events an operator has removed from the database. For an access change before this time,
 * the console cannot show the audit event. Returns null if all months are in the database, or if the viewer may not read the audit log.
 */
export function useRetiredUntil(readsLog: boolean): Date | null {
  const { data } = useAsk(
    LogEvents,
    { filter: { actions: ['AUDIT_RETIRE'], outcome: 'DONE' }, first: 1 },
    { enabled: readsLog },
  );
  const changes = data?.auditEvents.nodes[0]?.changes as { month?: string } | null | undefined;
  const [, year, month] = /^(\d{4})-(\d{2})$/.exec(changes?.month ?? '') ?? [];
  // `Date.UTC` counts months from 0. Therefore the number of a month (1 to 12) produces the start of the next month.
  return year === undefined ? null : new Date(Date.UTC(Number(year), Number(month)));
}
