import type { Authorizer } from '../../access/authorizer.ts';
import type { FindSecret } from '../../access/permission-reader.ts';
import { ACCESSES_TO_SEE_SECRET } from '../../access/policy.ts';
import type { AuditEvent } from '../../audit/audit-event.ts';
import type { Database } from '../../database/client.ts';
import { BadInput, Forbidden, NotFound } from '../../errors.ts';
import type { Clock } from '../../primitives/clock.ts';
import { type GlobalIdText, isUuid, toUuid } from '../../primitives/ids.ts';
import { storable } from '../../primitives/input.ts';
import {
  type Page,
  type PageRequest,
  type Position,
  pageBounds,
  partialPage,
  timeKey,
} from '../../primitives/pages.ts';
import { ONLY_OWN_ACCESS, ONLY_PRESENT_ACCESS } from '../entries/access-reader.ts';
import { causingEvents } from './causing-events.ts';
import { type AccessDifference, type HistoryPosition, MOST_DAYS, MOST_DAYS_MS } from './history.ts';
import { differences, resolveQuestion } from './history-store.ts';

/**
 * A query for accesses that principals gained or lost after `from`, up to and including `until`. At least one of `principalId` and `secret` is
 * required.
 */
export interface HistoryRequest {
  from: Date;
  until: Date;
  /** Global id of a user or an application. */
  principalId?: GlobalIdText | null | undefined;
  /** The secret's name. */
  secret?: string | null | undefined;
}

/**
 * An access difference and the audit event that caused it. `event` is null if an expiry caused the difference, or if the caller may not read the
 * audit log.
 */
export interface AccessHistoryEntry extends AccessDifference {
  event: AuditEvent | null;
}

/** Answers one caller's queries about gained and lost access. */
export interface HistoryReader {
  /**
   * Returns access differences, oldest first. A page can be short or empty even if another page follows, because the reader examines a limited number
   * of candidates for one page. Sends at most 8 SQL statements. @throws BadInput, Forbidden, NotFound
   */
  changes(request: HistoryRequest, page: PageRequest): Promise<Page<AccessHistoryEntry>>;
}

/** The maximum number of batches of candidates that are examined for one page. Each batch is one statement. */
const MOST_BATCHES = 4;

export interface HistoryReaderDeps {
  database: Database;
  authorizer: Authorizer;
  findSecret: FindSecret;
  clock: Clock;
}

export function historyReader({ database, authorizer, findSecret, clock }: HistoryReaderDeps): HistoryReader {
  const { entitlements } = authorizer;

  /**
   * Refuses a query about a principal other than the caller. Only ADMIN and AUDITOR may query the past access of other principals. `accessReader` has
   * an equal check for its queries about past access.
   */
  const requireMayAsk = async (secret: string | null, byPrincipal: boolean): Promise<never> => {
    if (secret === null) throw new Forbidden(ONLY_OWN_ACCESS, 'principalId');
    // INVARIANT: the function always reads the secret. Therefore a caller cannot distinguish the refusal for a hidden secret from the refusal for a
    // missing secret.
    const found = await findSecret(authorizer.subjects, storable(secret));
    if (byPrincipal && (found === undefined || !authorizer.allows('UPDATE', found)))
      throw new Forbidden(ONLY_OWN_ACCESS, 'principalId');
    authorizer.require('UPDATE', found, 'secret');
    throw new Forbidden(ONLY_PRESENT_ACCESS, 'from');
  };

  return {
    async changes({ from, until, principalId = null, secret = null }, page) {
      const { first, after } = pageBounds(page);
      let reached = after && toPosition(after, { from, until });
      const now = clock.now();
      if (principalId === null && secret === null)
        throw new BadInput('principalId', 'at least one of `principalId` and `secret`');
      if (from >= until) throw new BadInput('from', 'a time before `until`');
      if (until > now) throw new BadInput('until', 'a time in the past');
      if (until.getTime() - from.getTime() > MOST_DAYS_MS)
        throw new BadInput('from', `at most ${MOST_DAYS} days before \`until\``);

      const principal = principalId === null ? null : toUuid(principalId, 'USER', 'APPLICATION');
      if (principal === undefined && authorizer.seesAll) throw new NotFound('user or application', 'principalId');
      if (!authorizer.seesAll && principal !== entitlements.id) await requireMayAsk(secret, principalId !== null);
      const filter = { principalId: principal ?? null, secret: secret === null ? null : storable(secret), from, until };
      const seeing = authorizer.seesAll ? null : ACCESSES_TO_SEE_SECRET;
      // INVARIANT: a secret that the caller does not see is never examined, because the response time would reveal that the secret exists.
      const resolved = await resolveQuestion(database, filter, seeing, now);
      if (principal != null && !resolved.principal) throw new NotFound('user or application', 'principalId');
      // A caller with neither ADMIN nor AUDITOR receives an empty answer both for a hidden secret and for a missing secret.
      if (authorizer.seesAll && secret !== null && resolved.secretIds.length === 0)
        throw new NotFound('secret', 'secret');

      const question = { ...filter, secretIds: secret === null ? null : resolved.secretIds };
      const found: AccessDifference[] = [];
      let more = true;
      for (let i = 0; i < MOST_BATCHES && more && found.length <= first; i += 1) {
        const batch = await differences(database, question, seeing, now, 2 * first + 100, reached);
        found.push(...batch.found);
        more = batch.reached !== undefined;
        reached = batch.reached;
      }
      const shown = found.slice(0, first);
      const events = authorizer.seesAll ? await causingEvents(database, shown) : shown.map(() => null);
      const nodes = shown.map((difference, i) => ({ ...difference, event: events[i] ?? null }));
      const last = shown.at(-1);
      if (found.length > first && last !== undefined) return partialPage(nodes, toCursor(last), true);
      return partialPage(nodes, reached ? toCursor(reached) : (last && toCursor(last)) || null, more);
    },
  };
}

function toCursor({ at, secretId, principalId }: HistoryPosition): Position {
  return { key: `${at.toISOString()} ${secretId}`, id: principalId };
}

/** Parses a cursor from an earlier page of the query with this `from` and this `until`. @throws BadInput that names `after` */
function toPosition({ key, id }: Position, { from, until }: { from: Date; until: Date }): HistoryPosition {
  const [time = '', secretId = '', ...rest] = key.split(' ');
  const at = timeKey({ key: time, id });
  if (rest.length > 0 || !isUuid(secretId) || at < from || at > until)
    throw new BadInput('after', 'an `endCursor` of an earlier page');
  return { at, secretId, principalId: id };
}
