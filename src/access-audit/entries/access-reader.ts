import { type Authorizer, visibleGroups } from '../../access/authorizer.ts';
import type { FindSecret } from '../../access/permission-reader.ts';
import { SEEING, type SecretLabels } from '../../access/policy.ts';
import { pagesByOwner } from '../../concurrency/loaders.ts';
import type { Database } from '../../database/client.ts';
import { BadInput, Forbidden, NotFound } from '../../errors.ts';
import type { Access } from '../../generated/vocabulary.ts';
import type { Clock } from '../../primitives/clock.ts';
import { insideId } from '../../primitives/ids.ts';
import { storable } from '../../primitives/input.ts';
import { noPage, type Page, type PageRequest, type Position, pageBounds, toPage } from '../../primitives/pages.ts';
import type { AccessEntry, AccessWay } from './access-entry.ts';
import * as store from './access-store.ts';
import { type NearMiss, toNearMiss } from './near-miss.ts';
import { findNear } from './near-miss-store.ts';

/** What is left out is what is asked for. One of `principalId` and `secret` at least is given. */
export interface AccessQuestion {
  /** Outside id of a user or an application. */
  principalId?: string | null | undefined;
  /** A name. */
  secret?: string | null | undefined;
  access?: Access | null | undefined;
  /** Null for the present. */
  at?: Date | null | undefined;
}

/** What one caller may know of who can do what with which secret. */
export interface AccessReader {
  /** @throws BadInput, Forbidden, NotFound */
  entries(question: AccessQuestion, page: PageRequest): Promise<Page<AccessEntry>>;
  /** Who can do something with a secret that the caller was shown: read together for all that are asked for at the same moment. @throws Forbidden */
  ofSecret(secret: SecretLabels & { id: string }, access: Access | null, page: PageRequest): Promise<Page<AccessEntry>>;
  /** Why a principal (outside id) has an access to a secret, or what comes closest. In two statements. @throws Forbidden, NotFound */
  explain(principalId: string, secret: string, wanted: Access): Promise<Explanation>;
}

export interface Explanation {
  allowed: boolean;
  /** Whoever is not has nothing. */
  principalActive: boolean;
  paths: AccessWay[];
  /** When denied. */
  nearMisses: NearMiss[];
}

const MOST_NEAR_MISSES = 20;

export interface AccessReaderNeeds {
  database: Database;
  authorizer: Authorizer;
  findSecret: FindSecret;
  clock: Clock;
}

export function accessReader({ database, authorizer, findSecret, clock }: AccessReaderNeeds): AccessReader {
  const { entitlements } = authorizer;

  /** Whoever is meant, if it may be one at all. @throws NotFound for those who may ask about anybody */
  const principalOf = (id: string): string | undefined => {
    const uuid = insideId(id, 'USER', 'APPLICATION');
    if (uuid === undefined && authorizer.seesAll) throw new NotFound('user or application', 'principalId');
    return uuid;
  };

  /** Who is neither ADMIN nor AUDITOR asks about itself, or about a secret on which it has UPDATE: at present only. */
  const requireMayAsk = async (secret: string | null, at: Date | null, byPrincipal: boolean): Promise<void> => {
    if (secret === null) throw new Forbidden('Only ADMIN and AUDITOR ask what others can do.', 'principalId');
    // INVARIANT: read whatever it is, so that a hidden secret is refused like one that is not there.
    const found = await findSecret(authorizer.subjects, storable(secret));
    if (byPrincipal && (found === undefined || !authorizer.allows('UPDATE', found)))
      throw new Forbidden('Only ADMIN and AUDITOR ask what others can do.', 'principalId');
    authorizer.require('UPDATE', found, 'secret');
    if (at !== null) throw new Forbidden('Only ADMIN and AUDITOR ask who could do something in the past.', 'at');
  };

  const pagesOfSecrets = new Map<Access | null, ReturnType<typeof pagesByOwner<store.Found>>>();
  const pagesOfSecret = (only: Access | null) => {
    const made =
      pagesOfSecrets.get(only) ??
      pagesByOwner<store.Found>(
        (ids, limit, after) =>
          store.whoCanEach(
            database,
            ids,
            { now: clock.now(), at: null, access: only, seeing: null, groups: visibleGroups(authorizer) },
            limit,
            checked(after),
          ),
        (row) => row.secretId,
      );
    pagesOfSecrets.set(only, made);
    return made;
  };

  return {
    async entries({ principalId = null, secret = null, access: only = null, at = null }, page) {
      const { first, after } = pageBounds(page);
      checked(after);
      const now = clock.now();
      if (principalId === null && secret === null)
        throw new BadInput('principalId', 'a principal, a secret, or both: one at least');
      if (at !== null && at > now) throw new BadInput('at', 'a moment that has passed');
      const principal = principalId === null ? null : principalOf(principalId);
      const isOwn = principal === entitlements.id;
      if (!authorizer.seesAll && !isOwn) await requireMayAsk(secret, at, principal !== null);

      // The caller's own ways all show, in the past too, through groups that it has left.
      const groups = isOwn ? null : visibleGroups(authorizer);
      const query = { now, at, access: only, seeing: authorizer.seesAll || !isOwn ? null : SEEING, groups };
      const name = secret === null ? null : storable(secret);
      let found: store.Found[] | undefined;
      // To whoever has UPDATE on the secret, one that is no principal is one that has no access to it.
      if (principal === undefined) return noPage(page);
      if (principal !== null && name !== null) {
        const pair = await store.waysOf(database, principal, name, query);
        if (!pair.principal && authorizer.seesAll) throw new NotFound('user or application', 'principalId');
        if (pair.secretId === null) throw new NotFound('secret', 'secret');
        found = pair.entry === null || !comesAfter(pair.entry, after) ? [] : [pair.entry];
      } else if (name !== null) {
        found = await store.whoCan(database, name, query, first + 1, after);
        if (found === undefined) throw new NotFound('secret', 'secret');
      } else if (principal !== null) {
        found = await store.whatCan(database, principal, query, first + 1, after);
        if (found === undefined) throw new NotFound('user or application', 'principalId');
      }
      return toPage(found ?? [], first);
    },

    async explain(principalId, secret, wanted) {
      const principal = principalOf(principalId);
      if (principal === undefined || !(authorizer.seesAll || principal === entitlements.id))
        throw new Forbidden('Only ADMIN and AUDITOR ask what others can do.', 'principalId');
      const now = clock.now();
      const query = { now, at: null, access: wanted, seeing: authorizer.seesAll ? null : SEEING, groups: null };
      const secretName = storable(secret);
      const { principal: known, active, secretId, entry } = await store.waysOf(database, principal, secretName, query);
      if (authorizer.seesAll && !known) throw new NotFound('user or application', 'principalId');
      if (authorizer.seesAll && secretId === null) throw new NotFound('secret', 'secret');
      if (entry !== null) return { allowed: true, principalActive: active, paths: entry.paths, nearMisses: [] };
      // INVARIANT: for a secret that the caller does not see, this asks what it asks for none.
      const asked = { principalId: principal, active, secretName, secretId, access: wanted };
      const near = await findNear(database, { ...asked, ofOthers: authorizer.seesAll, now }, MOST_NEAR_MISSES);
      const nearMisses = near.map((one) => toNearMiss(one, wanted));
      return { allowed: false, principalActive: active, paths: [], nearMisses };
    },

    async ofSecret(secret, only, page) {
      if (!authorizer.seesAll && !authorizer.allows('UPDATE', secret))
        throw new Forbidden('This needs UPDATE on the secret, or ADMIN or AUDITOR.');
      return pagesOfSecret(only)(secret.id, page);
    },
  };
}

function comesAfter(entry: Position, after: Position | undefined): boolean {
  if (after === undefined) return true;
  return entry.id > after.id || (entry.id === after.id && entry.key > after.key);
}

/** @throws BadInput for what is no cursor of entries, whose key is a UUID */
function checked(after: Position | undefined): Position | undefined {
  if (after !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(after.key))
    throw new BadInput('after', 'an `endCursor` of an earlier page');
  return after;
}
