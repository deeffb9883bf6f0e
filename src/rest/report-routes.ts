import { BadInput } from '../errors.ts';
import type { Session } from '../session/session.ts';
import { Csv } from './csv.ts';
import { accessOf } from './grant-parts.ts';
import { withNotFoundNames } from './not-found.ts';
import { instant, required } from './query.ts';
import { changesReport, entriesReport, explainReport, type Report, unusedReport } from './reports.ts';
import { get, type RestRoute } from './route.ts';

/** The query parameters of each report. The parameters have the names of the corresponding GraphQL arguments. */
const ARGUMENTS = {
  entries: ['principalId', 'secret', 'access', 'at'],
  changes: ['from', 'until', 'principalId', 'secret'],
  unused: ['since'],
  explain: ['principalId', 'secret', 'access'],
} as const;
type Kind = keyof typeof ARGUMENTS;

export const reportRoutes: RestRoute[] = [
  get('/reports/access.csv', async ({ session, query }) => {
    const kind = kindOf(query.get('report') ?? 'entries');
    requireAllowed(query, kind);
    const named = { principalId: query.get('principalId') ?? '', secret: query.get('secret') ?? '' };
    const { columns, rows } = await withNotFoundNames(named, () => reportOf(kind, session, query));
    return new Csv(`access-${kind}.csv`, columns, rows);
  }),
];

function reportOf(kind: Kind, session: Session, query: URLSearchParams): Promise<Report> {
  const access = (text: string) => accessOf(text, 'access');
  const [principalId, secret] = [query.get('principalId'), query.get('secret')];
  switch (kind) {
    case 'entries': {
      const only = query.get('access');
      const at = query.get('at');
      return entriesReport(session, {
        principalId,
        secret,
        access: only === null ? null : access(only),
        at: at === null ? null : instant(query, 'at'),
      });
    }
    case 'changes': {
      const [from, until] = [instant(query, 'from'), instant(query, 'until')];
      return changesReport(session, { from, until, principalId, secret });
    }
    case 'unused':
      return unusedReport(session, instant(query, 'since'));
    case 'explain':
      return explainReport(session, {
        principalId: required(query, 'principalId'),
        secret: required(query, 'secret'),
        access: access(required(query, 'access')),
      });
  }
}

/** Parses the kind of a report. @throws BadInput */
function kindOf(text: string): Kind {
  if (!Object.hasOwn(ARGUMENTS, text)) throw new BadInput('report', `one of ${Object.keys(ARGUMENTS).join(', ')}`);
  return text as Kind;
}

/** Refuses unknown and repeated query parameters. If the gateway ignored a misspelled filter, the report would contain too many rows. @throws BadInput */
function requireAllowed(query: URLSearchParams, kind: Kind): void {
  const allowed: readonly string[] = ['report', ...ARGUMENTS[kind]];
  for (const name of new Set(query.keys())) {
    // The error message does not repeat the name of the unknown parameter.
    if (!allowed.includes(name))
      throw new BadInput('report', `only the parameters ${allowed.slice(1).join(', ')} with this report`);
    if (query.getAll(name).length > 1) throw new BadInput(name, 'a query parameter that occurs only once');
  }
}
