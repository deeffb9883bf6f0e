import { useAsk } from '../api/queries.ts';
import { LogEvents } from '../generated/operations.ts';

/**
 * The time until which the audit log is retired from the database: for earlier changes, the cause is unknown. Null if nothing is retired, and
 * for a viewer who may not read the log.
 */
export function useRetiredUntil(readsLog: boolean): Date | null {
  const { data } = useAsk(
    LogEvents,
    { filter: { actions: ['AUDIT_RETIRE'], outcome: 'DONE' }, first: 1 },
    { enabled: readsLog },
  );
  const changes = data?.auditEvents.nodes[0]?.changes as { month?: string } | null | undefined;
  const [, year, month] = /^(\d{4})-(\d{2})$/.exec(changes?.month ?? '') ?? [];
  // Date.UTC counts months from 0, so this is the month after.
  return year === undefined ? null : new Date(Date.UTC(Number(year), Number(month)));
}
