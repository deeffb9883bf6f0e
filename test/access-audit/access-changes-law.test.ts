// In randomly generated worlds, the access at a past time, combined with all later changes of access, equals the
// present access. SLOW=1 checks ten times as many worlds.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACCESSES } from '../../src/access/policy.ts';
import type { AccessDifference, HistoryPosition, HistoryQuestion } from '../../src/access-audit/history/history.ts';
import type { AccessHistoryEntry, HistoryRequest } from '../../src/access-audit/history/history-reader.ts';
import { differences } from '../../src/access-audit/history/history-store.ts';
import { toUuid } from '../../src/primitives/ids.ts';
import type { Session } from '../../src/session/session.ts';
import { beginning, happening, NAMES, PRINCIPALS, type RandomWorld, randomWorld } from '../access/random-worlds.ts';
import { type World, world } from '../support/world.ts';

const WORLDS = process.env.SLOW ? 300 : 30;

let w: World;
let r: RandomWorld;
beforeAll(async () => {
  w = await world({ connections: 4 });
  r = await randomWorld(w);
});
afterAll(async () => {
  await r?.close();
  await w?.close();
});

type HeldAccess = Map<string, string>;
const sorted = (held: HeldAccess) => [...held].sort(([a], [b]) => (a < b ? -1 : 1));
const keyOf = ({ principalId, secretId }: { principalId: string; secretId: string }) => `${principalId} ${secretId}`;

/** Returns the access of every principal to every secret at the requested time, indexed by their UUIDs. */
async function heldAt(root: Session, at: Date): Promise<HeldAccess> {
  const pages = await Promise.all(
    PRINCIPALS.map((name) => root.accessReader.entries({ principalId: r.id(name), at }, { first: 200 })),
  );
  return new Map(pages.flatMap(({ nodes }) => nodes.map((one) => [keyOf(one), one.access.join()])));
}

async function changes(root: Session, request: HistoryRequest, first: number): Promise<AccessHistoryEntry[]> {
  const all: AccessHistoryEntry[] = [];
  for (let after: string | null = null; ; ) {
    const { nodes, pageInfo } = await root.historyReader.changes(request, { first, after });
    all.push(...nodes);
    if (!pageInfo.hasNextPage) return all;
    expect(pageInfo.endCursor).not.toBe(after);
    after = pageInfo.endCursor;
  }
}

/** Lists all changes of access. Reads pages of `limit` pairs of a principal and a secret. */
async function stretches(question: HistoryQuestion, limit: number): Promise<AccessDifference[]> {
  const found: AccessDifference[] = [];
  for (let after: HistoryPosition | undefined; ; ) {
    const stretch = await differences(w.database, question, null, question.until, limit, after);
    found.push(...stretch.found);
    if (stretch.reached === undefined) return found;
    if (after !== undefined) expect(positionOf(stretch.reached) > positionOf(after)).toBe(true);
    after = stretch.reached;
  }
}
const positionOf = ({ at, secretId, principalId }: HistoryPosition) => `${at.toISOString()} ${secretId} ${principalId}`;
const inOrder = (a: HistoryPosition, b: HistoryPosition) => (positionOf(a) < positionOf(b) ? -1 : 1);

/** @throws if a change adds an access that the principal has, or removes an access that the principal lacks */
function replayed(held: HeldAccess, entries: readonly AccessHistoryEntry[]): HeldAccess {
  const result = new Map(held);
  for (const entry of entries) {
    const key = keyOf(entry);
    const had = (result.get(key) ?? '').split(',').filter(Boolean);
    expect(entry.gained.filter((one) => had.includes(one))).toEqual([]);
    expect(entry.lost.filter((one) => !had.includes(one))).toEqual([]);
    const has = ACCESSES.filter(
      (one) => (had.includes(one) || entry.gained.includes(one)) && !entry.lost.includes(one),
    );
    if (has.length > 0) result.set(key, has.join());
    else result.delete(key);
  }
  return result;
}

/**
 * Returns the transactions that changed rows, grouped by the time of the change, and the transactions that wrote
 * audit events. PostgreSQL records these transactions.
 */
async function transactions() {
  const [events, rows, expiries] = await Promise.all([
    w.database.query<{ id: string; x: string }>('SELECT id, xmin::text AS x FROM audit_events'),
    w.database.query<{ at: Date; x: string }>(
      ['permissions', 'group_members', 'role_assignments', 'secret_tags', 'periods']
        .map((table) => `SELECT COALESCE(valid_to, valid_from) AS at, xmin::text AS x FROM ${table}`)
        .join(' UNION ALL '),
    ),
    w.database.query<{ at: Date }>('SELECT expires_at AS at FROM permissions WHERE expires_at IS NOT NULL'),
  ]);
  const at = (rows: readonly { at: Date; x: string }[]) => Map.groupBy(rows, (row) => row.at.getTime());
  return {
    rows: at(rows),
    events: new Map(events.map(({ id, x }) => [id, x])),
    expiries: new Set(expiries.map((row) => row.at.getTime())),
  };
}

test(`in ${WORLDS} random worlds, past access combined with all later access changes equals present access, for every principal, secret and page size`, async () => {
  await fc.assert(
    fc.asyncProperty(
      beginning,
      fc.array(fc.tuple(happening, fc.constantFrom(0, 0, 1, 45)), { minLength: 1, maxLength: 10 }),
      fc.nat(3),
      async (before, happenings, pick) => {
        await r.begin(before);
        const from = w.clock.now();
        const start = await heldAt(await r.admin(), from);
        w.clock.advance({ seconds: 1 });
        for (const [what, seconds] of happenings) {
          await r.happen(what);
          w.clock.advance({ seconds });
        }
        const until = w.clock.now();
        const root = await r.admin();
        const end = await heldAt(root, until);

        const byPrincipal = new Map<string, AccessHistoryEntry[]>();
        for (const name of PRINCIPALS)
          byPrincipal.set(name, await changes(root, { from, until, principalId: r.id(name) }, 200));
        const all = [...byPrincipal.values()].flat();
        expect(sorted(replayed(start, all))).toEqual(sorted(end));

        // Reads the access changes again, with queries about single principals and single secrets.
        const who = PRINCIPALS[pick]!;
        const own = byPrincipal.get(who)!;
        expect(await changes(root, { from, until, principalId: r.id(who) }, 1)).toEqual(own);
        const whole = { from, until, principalId: null, secretIds: [...new Set(all.map(({ secretId }) => secretId))] };
        expect((await stretches(whole, 3)).filter(({ principalId }) => r.nameOf(principalId) !== 'admin')).toEqual(
          all.map(({ event: _, ...difference }) => difference).toSorted(inOrder),
        );
        for (const secret of NAMES) {
          const ofName = (entries: readonly AccessHistoryEntry[]) =>
            entries
              .filter(
                ({ principalId, secretId }) => r.nameOf(principalId) !== 'admin' && r.secretNameOf(secretId) === secret,
              )
              .toSorted(inOrder);
          const there = (error: { code: string }) => {
            expect(error.code).toBe('NOT_FOUND');
            return [];
          };
          const bySecret = await changes(root, { from, until, secret }, 200).catch(there);
          expect(ofName(bySecret)).toEqual(ofName(all));
          const pair = await changes(root, { from, until, secret, principalId: r.id(who) }, 2).catch(there);
          expect(ofName(pair)).toEqual(ofName(own));
        }

        // For every page size, the pages together contain all access changes.
        const question = { principalId: toUuid(r.id(who), 'USER', 'APPLICATION')!, secretIds: null, from, until };
        expect(await stretches(question, 2)).toEqual(own.map(({ event: _, ...difference }) => difference));

        const known = await transactions();
        // All access changes that one transaction makes have the same time.
        const moments = [...known.rows]
          .filter(([at]) => at > from.getTime())
          .flatMap(([, rows]) => [...new Set(rows.map(({ x }) => x))]);
        expect(new Set(moments).size).toBe(moments.length);
        for (const { at, event } of all) {
          const rows = known.rows.get(at.getTime())?.map(({ x }) => x);
          if (event === null) expect(known.expiries.has(at.getTime())).toBe(true);
          else expect(event.at.getTime()).toBeGreaterThanOrEqual(at.getTime());
          // If a row is no longer valid, PostgreSQL shows only the transaction that ended its validity.
          if (event !== null && rows !== undefined) expect(rows).toContain(known.events.get(event.id));
        }
      },
    ),
    { numRuns: WORLDS },
  );
}, 3_600_000);
