import { csvLine } from '../../../src/rest/csv.ts';
import { ask } from '../api/ask.ts';
import { type AuditFilter, LogEvents, type LogEventsQuery } from '../generated/operations.ts';
import { session } from '../session/session.ts';

const PER_PAGE = 200;
export const MOST_ROWS = 10_000;

const COLUMNS = [
  ...['At', 'Event id', 'Action', 'Outcome', 'By kind', 'By id', 'By', 'On kind', 'On id', 'On', 'Version'],
  ...['Changes', 'Request id', 'Address'],
];

/**
 * Fetches the newest audit events and converts them to CSV. `complete` is true if the CSV contains all audit events that match the filter.
 * @throws Problem
 */
export async function logAsCsv(filter: AuditFilter): Promise<{ csv: Blob; complete: boolean }> {
  const lines = [csvLine(COLUMNS)];
  // The function fetches all pages with the same session, because another user may sign in before the function fetches the last page.
  const as = session.current();
  let after: string | null = null;
  for (;;) {
    const answer: LogEventsQuery = await ask(LogEvents, { filter, first: PER_PAGE, after }, { as });
    const { nodes, pageInfo } = answer.auditEvents;
    for (const { id, at, action, outcome, actor, subject, version, changes, requestId, address } of nodes)
      lines.push(
        csvLine([
          ...[at, id, action, outcome, actor.kind, actor.id, actor.name],
          ...[subject?.kind, subject?.id, subject?.name, version],
          ...[changes == null ? null : JSON.stringify(changes), requestId, address],
        ]),
      );
    const complete = !pageInfo.hasNextPage;
    if (complete || lines.length > MOST_ROWS)
      return { csv: new Blob(lines, { type: 'text/csv;charset=utf-8' }), complete };
    after = pageInfo.endCursor;
  }
}
