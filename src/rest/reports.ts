// Creates access reports in the form of tables. A report consists of columns, and of rows that the gateway reads page by page.

import type { AccessEntryPath } from '../access-audit/entries/access-entry.ts';
import type { AccessQuestion } from '../access-audit/entries/access-reader.ts';
import type { HistoryRequest } from '../access-audit/history/history-reader.ts';
import type { Access } from '../generated/vocabulary.ts';
import { type GlobalIdText, type IdKind, toGlobalId, type Uuid } from '../primitives/ids.ts';
import { MOST_PER_PAGE, type Page, type PageRequest } from '../primitives/pages.ts';
import type { Session } from '../session/session.ts';
import type { Cell } from './csv.ts';

export interface Report {
  columns: readonly string[];
  /**
   * The rows of the report, page by page, so that only one page is in memory. The gateway reads the first page before the gateway sends the HTTP
   * status, so that an error can determine the HTTP status.
   */
  rows: AsyncIterable<Cell[][]>;
}

const PRINCIPAL = ['Principal kind', 'Principal id', 'Principal name', 'Username'];
const SECRET = ['Secret id', 'Secret name'];
const PATH = ['Accesses', 'By role', 'By permission', 'Via group id', 'Via group', 'Via tag', 'Until'];

/** Creates a report of the accesses that principals have to secrets, now or at a past time. The report contains one row for each access path. */
export function entriesReport(session: Session, question: AccessQuestion): Promise<Report> {
  return report(
    session,
    [...PRINCIPAL, ...SECRET, ...PATH],
    (page) => session.accessReader.entries(question, page),
    async (entry) => {
      const [principal, secret, pathRows] = await Promise.all([
        principalCells(session, entry.principalId),
        secretCells(session, entry.secretId),
        Promise.all(entry.paths.map((path) => pathCells(session, path))),
      ]);
      return pathRows.map((path) => [...principal, ...secret, ...path]);
    },
  );
}

/** Creates a report of the accesses that principals gained and lost. The report contains one row for each change of a principal's access to a secret. */
export function changesReport(session: Session, request: HistoryRequest): Promise<Report> {
  const columns = ['At', ...PRINCIPAL, ...SECRET, 'Gained', 'Lost', 'Action', 'By kind', 'By id', 'By', 'Event id'];
  return report(
    session,
    columns,
    (page) => session.historyReader.changes(request, page),
    async (entry) => {
      const { at, gained, lost, event } = entry;
      const [principal, secret] = await Promise.all([
        principalCells(session, entry.principalId),
        secretCells(session, entry.secretId),
      ]);
      const by = event && [
        event.action,
        event.actor.kind,
        event.actor.id,
        event.actor.name,
        toGlobalId('AUDIT_EVENT', event.id),
      ];
      return [
        [at.toISOString(), ...principal, ...secret, listed(gained), listed(lost), ...(by ?? Array(5).fill(null))],
      ];
    },
  );
}

/** Creates a report of the grants that no principal used. The report contains one row for each grant. */
export function unusedReport(session: Session, since: Date): Promise<Report> {
  const columns = [
    ...['Permission', 'Subject kind', 'Subject id', 'Subject name', 'Username', 'On', 'Tag or secret name'],
    ...['Accesses', 'Granted at', 'Granted by', 'Until'],
  ];
  return report(
    session,
    columns,
    (page) => session.unusedPermissions.list(since, page),
    async (permission) => {
      const { subjectKind: kind, subjectId, target, grantedAt, grantedBy, expiresAt } = permission;
      const [subject, by] = await Promise.all([
        kind === 'GROUP' ? groupCells(session, subjectId) : principalCells(session, subjectId),
        grantedBy === null ? null : principalCells(session, grantedBy),
      ]);
      return [
        [
          ...[toGlobalId('PERMISSION', permission.id), ...subject, target.kind, target.text],
          ...[listed(permission.access), grantedAt.toISOString(), by?.[2], expiresAt?.toISOString()],
        ],
      ];
    },
  );
}

/**
 * Creates a report that explains why a principal has or does not have an access to a secret. If the principal has the access, the report contains one
 * row for each access path. Otherwise, the report contains one row for each grant that nearly gives the access. The report contains one row if no
 * access path and no such grant exists.
 */
export async function explainReport(
  session: Session,
  { principalId, secret, access }: { principalId: GlobalIdText; secret: string; access: Access },
): Promise<Report> {
  const { allowed, paths, nearMisses } = await session.accessReader.explain(principalId, secret, access);
  const question = [allowed ? 'yes' : 'no', principalId, secret, access];
  const pathRows = await Promise.all(paths.map((path) => pathCells(session, path)));
  const rows = [
    ...pathRows.map((path) => [...question, ...path, null, null]),
    ...nearMisses.map(({ permission, reason, message }) => [
      ...[...question, listed(permission.access), null, toGlobalId('PERMISSION', permission.id), null, null],
      ...[
        permission.target.kind === 'TAG' ? permission.target.text : null,
        permission.expiresAt?.toISOString(),
        reason,
        message,
      ],
    ]),
  ];
  const columns = ['Allowed', 'Principal id', 'Secret name', 'Access', ...PATH, 'What is missing', 'In words'];
  const none = [...question, ...Array(PATH.length + 2).fill(null)];
  return {
    columns,
    rows: (async function* () {
      yield rows.length > 0 ? rows : [none];
    })(),
  };
}

async function report<Node>(
  session: Session,
  columns: readonly string[],
  list: (page: PageRequest) => Promise<Page<Node>>,
  rowsOf: (node: Node) => Promise<Cell[][]>,
): Promise<Report> {
  const read = async (after: string | null) => {
    session.budget.renew();
    const { nodes, pageInfo } = await list({ first: MOST_PER_PAGE, after });
    // The gateway builds all rows concurrently, so that shared SQL statements read the principals and secrets of all rows.
    const rows = (await Promise.all(nodes.map(rowsOf))).flat();
    return { rows, next: pageInfo.hasNextPage ? pageInfo.endCursor : null };
  };
  const first = await read(null);
  return {
    columns,
    rows: (async function* () {
      for (let page = first; ; page = await read(page.next)) {
        yield page.rows;
        if (page.next === null) return;
      }
    })(),
  };
}

async function principalCells({ accessObjects }: Session, id: Uuid): Promise<Cell[]> {
  const found = await accessObjects.principal(id);
  if (found === null) return [null, null, null, null];
  const username = found.kind === 'USER' ? found.object.username : null;
  return [found.kind, toGlobalId(found.kind, id), found.object.name, username];
}

async function groupCells(session: Session, id: Uuid): Promise<Cell[]> {
  return ['GROUP', toGlobalId('GROUP', id), await nameOf(session, 'GROUP', id), null];
}

async function secretCells(session: Session, id: Uuid): Promise<Cell[]> {
  return [toGlobalId('SECRET', id), await nameOf(session, 'SECRET', id)];
}

/**
 * Returns the cells of an access path, in the order of the columns `PATH`. If the caller may not see a grant or a group, the cell for the id of the
 * grant or group is empty.
 */
async function pathCells(
  session: Session,
  { access, role, permissionId, groupId, tag }: AccessEntryPath,
): Promise<Cell[]> {
  const [permission, group] = await Promise.all([
    permissionId === null ? null : session.accessObjects.load('PERMISSION', permissionId),
    groupId === null ? null : nameOf(session, 'GROUP', groupId),
  ]);
  return [
    ...[listed(access), role, permission && toGlobalId('PERMISSION', permission.id)],
    ...[
      group !== null && groupId !== null ? toGlobalId('GROUP', groupId) : null,
      group,
      tag,
      permission?.expiresAt?.toISOString(),
    ],
  ];
}

async function nameOf(
  { accessObjects }: Session,
  kind: IdKind & ('GROUP' | 'SECRET'),
  id: Uuid,
): Promise<string | null> {
  const found = await accessObjects.load(kind, id);
  return found === null ? null : found.name;
}

function listed(access: readonly Access[]): string {
  return access.join(' ');
}
