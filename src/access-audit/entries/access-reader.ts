import { type Authorizer, visibleGroups } from '../../access/authorizer.ts';
import type { FindSecret } from '../../access/permission-reader.ts';
import { ACCESSES_TO_SEE_SECRET, type SecretLabels } from '../../access/policy.ts';
import { pagesByOwner } from '../../concurrency/loaders.ts';
import type { Database, Sql } from '../../database/client.ts';
import { BadInput, Forbidden, NotFound } from '../../errors.ts';
import type { Access } from '../../generated/vocabulary.ts';
import type { Clock } from '../../primitives/clock.ts';
import { type GlobalIdText, isUuid, toUuid, type Uuid } from '../../primitives/ids.ts';
import { storable } from '../../primitives/input.ts';
import {
  isUsualLimit,
  noPage,
  type Page,
  type PageRequest,
  type Position,
  pageBounds,
  toPage,
} from '../../primitives/pages.ts';
import type { AccessEntry, AccessEntryPath } from './access-entry.ts';
import * as store from './access-store.ts';
import { type NearMiss, toNearMiss } from './near-miss.ts';
import { findNearMisses } from './near-miss-store.ts';

/**
 * A query about access. If `principalId` is omitted, the answer covers all principals; if `secret` is omitted, the answer covers all secrets. At
 * least one of `principalId` and `secret` is required.
 */
export interface AccessQuestion {
  /** Global id of a user or an application. */
  principalId?: GlobalIdText | null | undefined;
  /** The secret's name. */
  secret?: string | null | undefined;
  access?: Access | null | undefined;
  /** A past time, or null for the present. */
  at?: Date | null | undefined;
}

/** Finds, for one caller, which principals have which accesses to which secrets. */
export interface AccessReader {
  /** @throws BadInput, Forbidden, NotFound */
  entries(question: AccessQuestion, page: PageRequest): Promise<Page<AccessEntry>>;
  /**
   * Returns the principals that have access to `secret`. The caller must see this secret. Calls in the same tick of the event loop share one SQL
   * statement.
   * @throws Forbidden
   */
  ofSecret(secret: SecretLabels & { id: Uuid }, access: Access | null, page: PageRequest): Promise<Page<AccessEntry>>;
  /**
   * Explains why a principal has an access to a secret. If the principal does not have the access, lists grants that nearly give the access. Sends at
   * most two SQL statements. @throws Forbidden, NotFound
   */
  explain(principalId: GlobalIdText, secret: string, wanted: Access): Promise<Explanation>;
}

export interface Explanation {
  allowed: boolean;
  /** An inactive principal has no access. */
  principalActive: boolean;
  paths: AccessEntryPath[];
  /** Grants that nearly give the access. The list is empty if the principal has the access. */
  nearMisses: NearMiss[];
}

const MOST_NEAR_MISSES = 20;

export interface AccessReaderDeps {
  database: Database;
  authorizer: Authorizer;
  findSecret: FindSecret;
  clock: Clock;
}

export function accessReader({ database, authorizer, findSecret, clock }: AccessReaderDeps): AccessReader {
  const { entitlements } = authorizer;

  // PostgreSQL needs more time to plan these statements than to run them. The limit is part of the SQL text, because with a parameter PostgreSQL's
  // planner would expect that a tenth of all rows is read.
  const statementsFor = (limit: number, at: Date | null = null): Sql =>
    at === null && isUsualLimit(limit) ? database.prepared : database;

  /**
   * Returns the UUID of a user or an application from its global id. For any other id, throws NotFound if the caller has ADMIN or AUDITOR, and
   * returns undefined for every other caller.
   */
  const principalOf = (id: GlobalIdText): Uuid | undefined => {
    const uuid = toUuid(id, 'USER', 'APPLICATION');
    if (uuid === undefined && authorizer.seesAll) throw new NotFound('user or application', 'principalId');
    return uuid;
  };

  /**
   * A caller with UPDATE on a secret may query the access of other principals to the secret. Without UPDATE, the caller needs ADMIN or AUDITOR. A
   * caller with neither ADMIN nor AUDITOR may query only present access, not past access.
   */
  const requireMayAsk = async (secret: string | null, at: Date | null, byPrincipal: boolean): Promise<void> => {
    if (secret === null) throw new Forbidden(ONLY_OWN_ACCESS, 'principalId');
    // INVARIANT: the function always reads the secret. Therefore a caller cannot distinguish the refusal for a hidden secret from the refusal for a
    // missing secret.
    const found = await findSecret(authorizer.subjects, storable(secret));
    if (byPrincipal && (found === undefined || !authorizer.allows('UPDATE', found)))
      throw new Forbidden(ONLY_OWN_ACCESS, 'principalId');
    authorizer.require('UPDATE', found, 'secret');
    if (at !== null) throw new Forbidden(ONLY_PRESENT_ACCESS, 'at');
  };

  const pagesOfSecrets = new Map<Access | null, ReturnType<typeof pagesByOwner<store.EntryWithPosition>>>();
  const pagesOfSecret = (only: Access | null) => {
    const pages =
      pagesOfSecrets.get(only) ??
      pagesByOwner<store.EntryWithPosition>(
        (ids, limit, after) =>
          store.principalsWithAccessToEach(
            statementsFor(limit),
            ids,
            { now: clock.now(), at: null, access: only, seeing: null, groups: visibleGroups(authorizer) },
            limit,
            checked(after),
          ),
        (row) => row.secretId,
      );
    pagesOfSecrets.set(only, pages);
    return pages;
  };

  return {
    async entries({ principalId = null, secret = null, access: only = null, at = null }, page) {
      const { first, after } = pageBounds(page);
      checked(after);
      const now = clock.now();
      if (principalId === null && secret === null)
        throw new BadInput('principalId', 'at least one of `principalId` and `secret`');
      if (at !== null && at > now) throw new BadInput('at', 'a time in the past');
      const principal = principalId === null ? null : principalOf(principalId);
      const isOwn = principal === entitlements.id;
      if (!authorizer.seesAll && !isOwn) await requireMayAsk(secret, at, principal !== null);

      // Every caller sees all paths that give the caller itself access. These paths include past paths through groups that the caller has left.
      const groups = isOwn ? null : visibleGroups(authorizer);
      const query = {
        now,
        at,
        access: only,
        seeing: authorizer.seesAll || !isOwn ? null : ACCESSES_TO_SEE_SECRET,
        groups,
      };
      const name = secret === null ? null : storable(secret);
      const sql = statementsFor(first + 1, at);
      let found: store.EntryWithPosition[] | undefined;
      // If the caller may send this query only because of UPDATE on the secret, the answer does not show whether a principal exists. The answer about
      // an unknown principal is equal to the answer about a principal without access.
      if (principal === undefined) return noPage(page);
      if (principal !== null && name !== null) {
        const pair = await store.pathsBetween(sql, principal, name, query);
        if (!pair.principal && authorizer.seesAll) throw new NotFound('user or application', 'principalId');
        if (pair.secretId === null) throw new NotFound('secret', 'secret');
        found = pair.entry === null || !comesAfter(pair.entry, after) ? [] : [pair.entry];
      } else if (name !== null) {
        found = await store.principalsWithAccess(sql, name, query, first + 1, after);
        if (found === undefined) throw new NotFound('secret', 'secret');
      } else if (principal !== null) {
        found = await store.secretsWithAccess(sql, principal, query, first + 1, after);
        if (found === undefined) throw new NotFound('user or application', 'principalId');
      }
      return toPage(found ?? [], first);
    },

    async explain(principalId, secret, wanted) {
      const principal = principalOf(principalId);
      if (principal === undefined || !(authorizer.seesAll || principal === entitlements.id))
        throw new Forbidden(ONLY_OWN_ACCESS, 'principalId');
      const now = clock.now();
      const query = {
        now,
        at: null,
        access: wanted,
        seeing: authorizer.seesAll ? null : ACCESSES_TO_SEE_SECRET,
        groups: null,
      };
      const secretName = storable(secret);
      const {
        principal: exists,
        active,
        secretId,
        entry,
      } = await store.pathsBetween(database.prepared, principal, secretName, query);
      if (authorizer.seesAll && !exists) throw new NotFound('user or application', 'principalId');
      if (authorizer.seesAll && secretId === null) throw new NotFound('secret', 'secret');
      if (entry !== null) return { allowed: true, principalActive: active, paths: entry.paths, nearMisses: [] };
      // INVARIANT: if the caller does not see the secret, `findNearMisses` receives the arguments that it receives for a missing secret.
      const denied = { principalId: principal, active, secretName, secretId, access: wanted };
      const near = await findNearMisses(database, { ...denied, ofOthers: authorizer.seesAll, now }, MOST_NEAR_MISSES);
      const nearMisses = near.map((grant) => toNearMiss(grant, wanted));
      return { allowed: false, principalActive: active, paths: [], nearMisses };
    },

    async ofSecret(secret, only, page) {
      if (!authorizer.seesAll && !authorizer.allows('UPDATE', secret))
        throw new Forbidden('Requires UPDATE on the secret, or the role ADMIN or AUDITOR.');
      return pagesOfSecret(only)(secret.id, page);
    },
  };
}

/** The error for a caller with neither ADMIN nor AUDITOR who queries the access of other principals. */
export const ONLY_OWN_ACCESS = 'Only ADMIN and AUDITOR can ask about the access of other principals.';
/** The error for a caller with neither ADMIN nor AUDITOR who queries the past access of other principals. */
export const ONLY_PRESENT_ACCESS = 'Only ADMIN and AUDITOR can ask about the past access of other principals.';

function comesAfter(entry: Position, after: Position | undefined): boolean {
  if (after === undefined) return true;
  return entry.id > after.id || (entry.id === after.id && entry.key > after.key);
}

/** Checks a cursor in a list of access entries. The `key` in this cursor must be a UUID. @throws BadInput that names `after` */
function checked(after: Position | undefined): Position | undefined {
  if (after !== undefined && !isUuid(after.key)) throw new BadInput('after', 'an `endCursor` of an earlier page');
  return after;
}
