import { useAsk } from '../api/queries.ts';
import { LogEvents } from '../generated/operations.ts';

/**
 * The end of the last month whose audit events are retired from the database. The console cannot show the event of a change before this
 * time. Null if no month is retired, or if the viewer may not read the audit log.
 */
export function useRetiredUntil(readsLog: boolean): Date | null {
  const { data } = useAsk(
    LogEvents,
    { filter: { actions: ['AUDIT_RETIRE'], outcome: 'DONE' }, first: 1 },
    { enabled: readsLog },
  );
  const changes = data?.auditEvents.nodes[0]?.changes as { month?: string } | null | undefined;
  const [, year, month] = /^(\d{4})-(\d{2})$/.exec(changes?.month ?? '') ?? [];
  // Date.UTC counts months from 0, so the number of a month gives the start of the next month.
  return year === undefined ? null : new Date(Date.UTC(Number(year), Number(month)));
}
