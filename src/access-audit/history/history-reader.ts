import type { Authorizer } from '../../access/authorizer.ts';
import type { FindSecret } from '../../access/permission-reader.ts';
import { SEEING } from '../../access/policy.ts';
import type { AuditEvent } from '../../audit/audit-event.ts';
import type { Database } from '../../database/client.ts';
import { BadInput, Forbidden, NotFound } from '../../errors.ts';
import type { Clock } from '../../primitives/clock.ts';
import { insideId } from '../../primitives/ids.ts';
import { storable } from '../../primitives/input.ts';
import {
  type Page,
  type PageRequest,
  type Position,
  pageBounds,
  partialPage,
  timeKey,
} from '../../primitives/pages.ts';
import { causingEvents } from './causing-events.ts';
import type { AccessDifference, HistoryPosition } from './history.ts';
import { differences, whoAndWhat } from './history-store.ts';

/** Who gained and lost what after `from`, up to and with `until`. One of `principalId` and `secret` at least is given. */
export interface HistoryRequest {
  from: Date;
  until: Date;
  /** Outside id of a user or an application. */
  principalId?: string | null | undefined;
  /** A name. */
  secret?: string | null | undefined;
}

/** A difference, and the event that made it: null where time did, or where the caller may not read the audit log. */
export interface AccessHistoryEntry extends AccessDifference {
  event: AuditEvent | null;
}

/** What one caller may know of who gained and lost what. */
export interface HistoryReader {
  /**
   * Oldest first. A page may have fewer entries than asked for, or none, and yet one may come after it: no more is looked at than is done in
   * a moment. At most 8 statements. @throws BadInput, Forbidden, NotFound
   */
  changes(request: HistoryRequest, page: PageRequest): Promise<Page<AccessHistoryEntry>>;
}

const DAY_MS = 86_400_000;
const MOST_DAYS = 366;
/** Stretches that are looked through for one page, each in one statement, and each of a few more pairs than the page may have. */
const MOST_STRETCHES = 4;

export interface HistoryReaderNeeds {
  database: Database;
  authorizer: Authorizer;
  findSecret: FindSecret;
  clock: Clock;
}

export function historyReader({ database, authorizer, findSecret, clock }: HistoryReaderNeeds): HistoryReader {
  const { entitlements } = authorizer;

  /** As for who could do what at a moment of the past: ADMIN and AUDITOR ask about anybody, others about themselves. */
  const requireMayAsk = async (secret: string | null, byPrincipal: boolean): Promise<never> => {
    if (secret === null) throw new Forbidden('Only ADMIN and AUDITOR ask what others can do.', 'principalId');
    // INVARIANT: read whatever it is, so that a hidden secret is refused like one that is not there.
    const found = await findSecret(authorizer.subjects, storable(secret));
    if (byPrincipal && (found === undefined || !authorizer.allows('UPDATE', found)))
      throw new Forbidden('Only ADMIN and AUDITOR ask what others can do.', 'principalId');
    authorizer.require('UPDATE', found, 'secret');
    throw new Forbidden('Only ADMIN and AUDITOR ask who could do something in the past.', 'from');
  };

  return {
    async changes({ from, until, principalId = null, secret = null }, page) {
      const { first, after } = pageBounds(page);
      let reached = after && toPosition(after, { from, until });
      const now = clock.now();
      if (principalId === null && secret === null)
        throw new BadInput('principalId', 'a principal, a secret, or both: one at least');
      if (from >= until) throw new BadInput('from', 'a moment before `until`');
      if (until > now) throw new BadInput('until', 'a moment that has passed');
      if (until.getTime() - from.getTime() > MOST_DAYS * DAY_MS)
        throw new BadInput('from', `at most ${MOST_DAYS} days before \`until\``);

      const principal = principalId === null ? null : insideId(principalId, 'USER', 'APPLICATION');
      if (principal === undefined && authorizer.seesAll) throw new NotFound('user or application', 'principalId');
      if (!authorizer.seesAll && principal !== entitlements.id) await requireMayAsk(secret, principalId !== null);
      const asked = { principalId: principal ?? null, secret: secret === null ? null : storable(secret), from, until };
      const seeing = authorizer.seesAll ? null : SEEING;
      // INVARIANT: a secret that one does not see is not looked at: how much there is to look at would tell that it is there.
      const known = await whoAndWhat(database, asked, seeing, now);
      if (principal != null && !known.principal) throw new NotFound('user or application', 'principalId');
      // Nothing is told of a secret that one does not see, be it there or not.
      if (authorizer.seesAll && secret !== null && known.secretIds.length === 0) throw new NotFound('secret', 'secret');

      const question = { ...asked, secretIds: secret === null ? null : known.secretIds };
      const found: AccessDifference[] = [];
      let more = true;
      for (let i = 0; i < MOST_STRETCHES && more && found.length <= first; i += 1) {
        const stretch = await differences(database, question, seeing, now, 2 * first + 100, reached);
        found.push(...stretch.found);
        more = stretch.reached !== undefined;
        reached = stretch.reached;
      }
      const shown = found.slice(0, first);
      const events = authorizer.seesAll ? await causingEvents(database, shown) : shown.map(() => null);
      const nodes = shown.map((one, i) => ({ ...one, event: events[i] ?? null }));
      const last = shown.at(-1);
      if (found.length > first && last !== undefined) return partialPage(nodes, toCursor(last), true);
      return partialPage(nodes, reached ? toCursor(reached) : (last && toCursor(last)) || null, more);
    },
  };
}

function toCursor({ at, secretId, principalId }: HistoryPosition): Position {
  return { key: `${at.toISOString()} ${secretId}`, id: principalId };
}

/** @throws BadInput for what is no cursor of this window */
function toPosition({ key, id }: Position, { from, until }: { from: Date; until: Date }): HistoryPosition {
  const [time = '', secretId = '', ...rest] = key.split(' ');
  const at = timeKey({ key: time, id });
  if (rest.length > 0 || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(secretId) || at < from || at > until)
    throw new BadInput('after', 'an `endCursor` of an earlier page');
  return { at, secretId, principalId: id };
}
