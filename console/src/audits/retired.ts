import { useAsk } from '../api/queries.ts';
import { LogEvents } from '../generated/operations.ts';

/**
 * Up to when the audit log was taken out of the database: what was done before is told without who did it. Null where nothing was, and for
 * who may not read the log.
 */
export function useRetiredUntil(readsLog: boolean): Date | null {
  const { data } = useAsk(
    LogEvents,
    { filter: { actions: ['AUDIT_RETIRE'], outcome: 'DONE' }, first: 1 },
    { enabled: readsLog },
  );
  const changes = data?.auditEvents.nodes[0]?.changes as { month?: string } | null | undefined;
  const [, year, month] = /^(\d{4})-(\d{2})$/.exec(changes?.month ?? '') ?? [];
  // Months of Date.UTC begin with 0: this is the one after.
  return year === undefined ? null : new Date(Date.UTC(Number(year), Number(month)));
}
