// All queries about access agree with the policy, for every pair of principal and secret, after every change and at
// every past time. If a world contains too many pairs, the test checks a different sample of the pairs in each world.
// SLOW=1 checks ten times as many worlds.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACCESSES, union } from '../../src/access/policy.ts';
import type { AccessEntry } from '../../src/access-audit/entries/access-entry.ts';
import type { Access } from '../../src/generated/vocabulary.ts';
import { type World, world } from '../support/world.ts';
import {
  beginning,
  type HeldAccess,
  happening,
  NAMES,
  PRINCIPALS,
  type RandomWorld,
  randomWorld,
} from './random-worlds.ts';

const WORLDS = process.env.SLOW ? 3_000 : 300;
const ALL = { first: 200 };

let w: World;
let r: RandomWorld;
beforeAll(async () => {
  w = await world({ connections: 4 });
  r = await randomWorld(w);
});
afterAll(async () => {
  await r.close();
  await w.close();
});

/**
 * Converts access entries to the data shape that the policy returns. Omits the administrator, because the
 * administrator has every access.
 */
function toHeld(entries: readonly AccessEntry[]): HeldAccess {
  const held: HeldAccess = new Map();
  for (const { principalId, secretId, access, paths } of entries) {
    const who = r.nameOf(principalId);
    if (who === 'admin') continue;
    const key = `${who} ${r.secretNameOf(secretId)}`;
    expect(held.has(key)).toBe(false);
    held.set(key, access.join());
    // The access of an access entry is the union of the accesses that its paths give.
    expect(ACCESSES.filter((one) => paths.some((path) => path.access.includes(one)))).toEqual(access);
  }
  return held;
}
const sorted = (held: HeldAccess) => [...held].sort(([a], [b]) => (a < b ? -1 : 1));
const only = (held: HeldAccess, has: (who: string, secret: string) => boolean): HeldAccess =>
  new Map([...held].filter(([key]) => has(...(key.split(' ') as [string, string]))));
const merged = (all: readonly HeldAccess[]): HeldAccess => new Map(all.flatMap((one) => [...one]));

/** Returns the access of all pairs that are in exactly one of the two maps. */
function difference(one: HeldAccess, other: HeldAccess): HeldAccess {
  return new Map(
    [...one].flatMap(([key, access]) => {
      const rest = access.split(',').filter((each) => !(other.get(key) ?? '').split(',').includes(each));
      return rest.length > 0 ? [[key, rest.join()] as const] : [];
    }),
  );
}

/** Compares every query about access with the policy. `pick` selects a sample of the pairs if the world has too many pairs. */
async function checkAll(pick: (most: number) => number): Promise<HeldAccess> {
  const { held, visible, shown: shownByName } = await r.policy();
  expect([...shownByName].sort()).toEqual([...visible].sort());
  const root = await r.admin();
  const live = await r.live();

  for (const name of PRINCIPALS.slice(pick(2) * 2).slice(0, 2)) {
    const what = (await root.accessReader.entries({ principalId: r.id(name) }, ALL)).nodes;
    expect(sorted(toHeld(what))).toEqual(sorted(only(held, (who) => who === name)));
  }
  const listed = (await root.secretReader.list({}, 'NAME_ASC', ALL)).nodes;
  expect(listed.map(({ name }) => name as string)).toEqual(live);
  const whos = await Promise.all(listed.map((secret) => root.accessReader.ofSecret(secret, null, ALL)));
  expect(sorted(merged(whos.map(({ nodes }) => toHeld(nodes))))).toEqual(sorted(held));

  // Checks one access of one principal to one secret through all remaining queries about access.
  const [who, name, access] = [PRINCIPALS[pick(4)]!, NAMES[pick(4)]!, ACCESSES[pick(5)] as Access];
  const key = `${who} ${name}`;
  const has = (held.get(key) ?? '').split(',').includes(access);
  const self = await r.as(who);
  if (live.includes(name)) {
    const byAccess = toHeld((await root.accessReader.entries({ secret: name, access }, ALL)).nodes);
    const expected = only(held, (_, secret) => secret === name);
    expect(sorted(byAccess)).toEqual(
      sorted(expected).flatMap(([one, all]) => (all.split(',').includes(access) ? [[one, access]] : [])),
    );
    const pair = (await root.accessReader.entries({ principalId: r.id(who), secret: name }, ALL)).nodes;
    expect(sorted(toHeld(pair))).toEqual(sorted(only(held, (one, secret) => one === who && secret === name)));
    const why = await root.accessReader.explain(r.id(who), name, access);
    expect(why.allowed).toBe(has);
    expect(why.paths.length > 0).toBe(has);
    if (has) expect(why.nearMisses).toEqual([]);
  }

  if (self === undefined) {
    expect([...held.keys()].filter((one) => one.startsWith(`${who} `))).toEqual([]);
    return held;
  }
  const seesAll = self.authorizer.seesAll;
  const own = (await self.accessReader.entries({ principalId: r.id(who) }, ALL)).nodes;
  expect(sorted(toHeld(own))).toEqual(
    sorted(only(held, (one, secret) => one === who && (seesAll || visible.has(`${one} ${secret}`)))),
  );
  const shown = (await self.secretReader.list({}, 'NAME_ASC', ALL)).nodes;
  expect(shown.map((secret) => secret.name as string)).toEqual(live.filter((one) => visible.has(`${who} ${one}`)));
  for (const secret of shown) {
    const viewerAccess = ACCESSES.filter((one) => union(self.authorizer.paths(secret)).has(one));
    expect(viewerAccess.join()).toBe(held.get(`${who} ${secret.name}`));
  }
  // If access comes through a group that is hidden from the caller, the caller does not see this access of other
  // principals.
  const shared = seesAll ? [] : shown.filter((secret) => self.authorizer.allows('UPDATE', secret));
  if (shared.length > 0) {
    const showing = await Promise.all(shared.map((secret) => self.accessReader.ofSecret(secret, null, ALL)));
    const some = (await r.policy(self.authorizer.entitlements.groups.map((group) => group.id))).held;
    const isShared = (_: string, secret: string) => shared.some((one) => one.name === secret);
    expect(sorted(merged(showing.map(({ nodes }) => toHeld(nodes))))).toEqual(sorted(only(some, isShared)));
    const other = PRINCIPALS[pick(4)]!;
    const pair = await self.accessReader.entries({ principalId: r.id(other), secret: shared[0]!.name }, ALL);
    const isPair = (one: string, secret: string) => one === other && secret === shared[0]!.name;
    expect(sorted(toHeld(pair.nodes))).toEqual(sorted(only(some, isPair)));
  }
  const withAccess = (await self.secretReader.list({ access: [access] }, 'NAME_ASC', ALL)).nodes;
  expect(withAccess.map((secret) => secret.name).includes(name as never)).toBe(has && visible.has(key));
  if (live.includes(name) && (!seesAll || visible.has(key))) {
    const why = await self.accessReader.explain(r.id(who), name, access);
    expect(why.allowed).toBe(has && visible.has(key));
  }
  const found = await self.secretReader.find(name, true);
  expect(found !== null).toBe(visible.has(key));
  if (found !== null) {
    const value = await self.secretReader.reveal(found, null).then(
      (one) => one.expose(),
      (error: { code: string }) => error.code,
    );
    const reads = held.get(key)!.split(',').includes('READ');
    expect(value).toBe(reads ? `value of ${name}` : 'FORBIDDEN');
  }
  return held;
}

test(`in ${WORLDS} worlds, every query about present, past and simulated access gives the same answer`, async () => {
  await fc.assert(
    fc.asyncProperty(
      beginning,
      fc.array(happening, { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(59), { minLength: 16, maxLength: 16 }),
      async (before, changes, picks) => {
        let turn = 0;
        const pick = (most: number) => picks[turn++ % picks.length]! % most;
        await r.begin(before);
        const moments: { at: Date; held: HeldAccess; live: string[] }[] = [];
        const remember = async () => {
          const held = await checkAll(pick);
          moments.push({ at: w.clock.now(), held, live: await r.live() });
          w.clock.advance({ seconds: 30 });
          return held;
        };
        let held = await remember();

        for (const what of changes) {
          const change = r.asChange(what);
          const simulated =
            change && (await (await r.admin()).accessSimulation.simulate([change], 200).catch((error) => error.code));
          await r.happen(what);
          const now = await remember();
          if (typeof simulated === 'string') expect(sorted(now)).toEqual(sorted(held));
          else if (simulated !== undefined) {
            expect(simulated.complete).toBe(true);
            expect(sorted(toHeld(simulated.gained))).toEqual(sorted(difference(now, held)));
            expect(sorted(toHeld(simulated.lost))).toEqual(sorted(difference(held, now)));
          }
          held = now;
        }

        const root = await r.admin();
        for (const { at, held: then, live } of moments) {
          const name = NAMES[pick(4)]!;
          if (live.includes(name)) {
            const whos = await root.accessReader.entries({ secret: name, at }, ALL);
            expect(sorted(toHeld(whos.nodes))).toEqual(sorted(only(then, (_, secret) => secret === name)));
          }
          const who = PRINCIPALS[pick(4)]!;
          const whats = await root.accessReader.entries({ principalId: r.id(who), at }, ALL);
          expect(sorted(toHeld(whats.nodes))).toEqual(sorted(only(then, (one) => one === who)));
        }
      },
    ),
    { numRuns: WORLDS },
  );
}, 3_600_000);
