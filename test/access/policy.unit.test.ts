// Tests properties of the access policy, which is a pure function.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ACCESSES,
  ACCESSES_TO_SEE_SECRET,
  accessTo,
  gained,
  heldUntil,
  isVisible,
  mayCreateApplication,
  mayCreateSecret,
  mayManageApplication,
  maySeeAll,
  type SecretLabels,
  union,
} from '../../src/access/policy.ts';
import { accessGainedByTags, type ReachablePrincipal } from '../../src/access/reachable-principals.ts';
import type { Access, Role } from '../../src/generated/vocabulary.ts';
import type { Uuid } from '../../src/primitives/ids.ts';
import type { TagText } from '../../src/primitives/tag-text.ts';
import type { Entitlements, Grant } from '../../src/principals/principal.ts';
import { asTag, asUuid } from '../support/brands.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const ROLES = [
  'ADMIN',
  'AUDITOR',
  'USER',
  'METADATA_MANAGER',
  'WORKFLOW_MANAGER',
  'USER_READ_ONLY',
  'WORKER',
  'METADATA_API',
  'APPLICATION_CREATOR',
  'APPLICATION_MANAGER',
  'UNRESTRICTED_WORKER',
  'WORKFLOW_ENGINE',
] as const satisfies readonly Role[];
const GIVES_NO_ACCESS = ROLES.filter((role) => role !== 'ADMIN');
const TAGS = ['env:prod', 'env:dev', 'team:pay', 'team:ops'].map(asTag);
const uuid = fc.uuid().map(asUuid);

const accesses = fc.uniqueArray(fc.constantFrom<Access>(...ACCESSES), { minLength: 1 });
const time = fc.option(fc.integer({ min: -3, max: 3 }).map((hours) => new Date(NOW.getTime() + hours * 3_600_000)));
const group = fc.option(fc.constantFrom({ id: asUuid('g1'), name: 'ops' }, { id: asUuid('g2'), name: 'pay' }));
const grantOn = (tag: fc.Arbitrary<TagText | null>): fc.Arbitrary<Grant> =>
  fc.record({ id: uuid, access: accesses, tag, group, expiresAt: time });
const tagGrant = grantOn(fc.constantFrom(...TAGS));
const nameGrant = grantOn(fc.constant(null));
const standingWith = (roles: readonly Role[]): fc.Arbitrary<Entitlements> =>
  fc.record({
    kind: fc.constantFrom('USER' as const, 'APPLICATION' as const),
    id: uuid,
    name: fc.constant('somebody'),
    roles: fc.array(fc.record({ role: fc.constantFrom<Role>(...roles), group }), { maxLength: 3 }),
    groups: fc.constant([]),
    tagGrants: fc.array(tagGrant, { maxLength: 5 }),
  });
const standing = standingWith(ROLES);
const ordinary = standingWith(GIVES_NO_ACCESS);
const secret: fc.Arbitrary<SecretLabels> = fc.record({
  name: fc.constant('db'),
  tags: fc.uniqueArray(fc.constantFrom(...TAGS)),
  nameGrants: fc.array(nameGrant, { maxLength: 4 }),
});

const sorted = (set: Iterable<Access>) => [...set].sort();
/** A second, deliberately simple implementation of the policy. */
function expected({ roles, tagGrants }: Entitlements, { tags, nameGrants }: SecretLabels): Access[] {
  if (roles.some(({ role }) => role === 'ADMIN')) return sorted(ACCESSES);
  const reaching = [...nameGrants, ...tagGrants.filter(({ tag }) => tags.includes(tag as TagText))];
  return sorted(
    new Set(
      reaching.filter(({ expiresAt }) => expiresAt === null || expiresAt > NOW).flatMap((grant) => [...grant.access]),
    ),
  );
}

test('the access to a secret is the union of the access that ADMIN, grants on its name and grants on its tags give', () => {
  fc.assert(
    fc.property(standing, secret, (who, what) => {
      expect(sorted(union(accessTo(who, what, NOW)))).toEqual(expected(who, what));
    }),
  );
});

test('every access path names its reason: a role, or a grant with the group, the tag and the end of the grant', () => {
  fc.assert(
    fc.property(standing, secret, (who, what) => {
      for (const path of accessTo(who, what, NOW)) {
        if (path.grant === null) {
          expect(path).toMatchObject({ role: 'ADMIN', access: ACCESSES, tag: null, until: null });
        } else {
          const { access, tag, group: through, expiresAt } = path.grant;
          expect(path).toMatchObject({ role: null, access, tag, group: through, until: expiresAt });
          expect(tag === null ? what.nameGrants : who.tagGrants).toContain(path.grant);
          if (tag !== null) expect(what.tags).toContain(tag);
        }
      }
    }),
  );
});

test('an additional grant, tag or role never reduces the access of a principal', () => {
  const more = fc.record({
    named: nameGrant,
    tagged: tagGrant,
    tag: fc.constantFrom(...TAGS),
    role: fc.constantFrom<Role>(...ROLES),
  });
  fc.assert(
    fc.property(standing, secret, more, (who, what, { named, tagged, tag, role }) => {
      const before = union(accessTo(who, what, NOW));
      const richer: [Entitlements, SecretLabels][] = [
        [who, { ...what, nameGrants: [...what.nameGrants, named] }],
        [{ ...who, tagGrants: [...who.tagGrants, tagged] }, what],
        [who, { ...what, tags: [...new Set([...what.tags, tag])] }],
        [{ ...who, roles: [...who.roles, { role, group: null }] }, what],
      ];
      for (const [entitlements, labels] of richer) {
        const after = union(accessTo(entitlements, labels, NOW));
        expect([...before].filter((access) => !after.has(access))).toEqual([]);
      }
    }),
  );
});

test('a grant gives no access from its end time on', () => {
  fc.assert(
    fc.property(ordinary, secret, (who, what) => {
      const ends = (grant: Grant) => ({ ...grant, expiresAt: NOW });
      const all = accessTo(
        { ...who, tagGrants: who.tagGrants.map(ends) },
        { ...what, nameGrants: what.nameGrants.map(ends) },
        NOW,
      );
      expect(all).toEqual([]);
    }),
  );
});

test('if only time passes and nothing else changes, no principal gains access', () => {
  fc.assert(
    fc.property(standing, secret, fc.integer({ min: 0, max: 4 }), (who, what, hours) => {
      const later = new Date(NOW.getTime() + hours * 3_600_000);
      const then = union(accessTo(who, what, NOW));
      for (const access of union(accessTo(who, what, later))) expect(then).toContain(access);
    }),
  );
});

test('ADMIN gives all access to every secret, both directly and through a group', () => {
  fc.assert(
    fc.property(ordinary, secret, group, (who, what, through) => {
      const admin = { ...who, roles: [...who.roles, { role: 'ADMIN' as const, group: through }] };
      const paths = accessTo(admin, what, NOW);
      expect(sorted(union(paths))).toEqual(sorted(ACCESSES));
      expect(isVisible(paths)).toBe(true);
      expect(gained(paths, [])).toEqual([]);
      expect(ACCESSES.map((access) => heldUntil(paths, access))).toEqual(ACCESSES.map(() => null));
    }),
  );
});

test('ADMIN is the only role that gives access to secrets; AUDITOR gives no access', () => {
  fc.assert(
    fc.property(ordinary, secret, (who, what) => {
      const bare = { ...who, tagGrants: [] };
      expect(accessTo(bare, { ...what, nameGrants: [] }, NOW)).toEqual([]);
    }),
  );
});

test('a principal without entitlements has no access', () => {
  fc.assert(
    fc.property(secret, (what) => {
      expect(accessTo({ roles: [], tagGrants: [] }, { ...what, nameGrants: [] }, NOW)).toEqual([]);
    }),
  );
});

test('a secret is visible to a principal that has any access to the secret other than CREATE', () => {
  fc.assert(
    fc.property(standing, secret, (who, what) => {
      const held = expected(who, what);
      expect(isVisible(accessTo(who, what, NOW))).toBe(held.some((access) => access !== 'CREATE'));
    }),
  );
  expect(ACCESSES.filter((access) => !(ACCESSES_TO_SEE_SECRET as readonly Access[]).includes(access))).toEqual([
    'CREATE',
  ]);
});

test('a grant on a tag gives no access to secrets without the tag', () => {
  fc.assert(
    fc.property(ordinary, secret, (who, what) => {
      const carried = who.tagGrants.filter(({ tag }) => what.tags.includes(tag as TagText));
      expect(accessTo(who, what, NOW)).toEqual(accessTo({ ...who, tagGrants: carried }, what, NOW));
    }),
  );
});

test('access with an end time exists before the end time, and does not exist from the end time on', () => {
  fc.assert(
    fc.property(standing, secret, fc.constantFrom<Access>(...ACCESSES), (who, what, access) => {
      const until = heldUntil(accessTo(who, what, NOW), access);
      const holdsAt = (at: Date) => union(accessTo(who, what, at)).has(access);
      expect(until === undefined).toBe(!holdsAt(NOW));
      if (until instanceof Date) {
        expect(holdsAt(new Date(until.getTime() - 1))).toBe(true);
        expect(holdsAt(until)).toBe(false);
      }
      if (until === null) expect(holdsAt(new Date('9999-01-01T00:00:00Z'))).toBe(true);
    }),
  );
});

test('a change gives a principal no additional access if the principal already has the access for at least the same time', () => {
  fc.assert(
    fc.property(standing, secret, (who, what) => {
      const paths = accessTo(who, what, NOW);
      expect(gained(paths, paths)).toEqual([]);
      expect(gained(paths, paths.slice(1))).toEqual([]);
      expect(gained(paths, [])).toEqual([]);
    }),
  );
});

test('a change gives a principal additional access if the access is new to the principal or lasts longer than its existing access', () => {
  fc.assert(
    fc.property(standing, secret, secret, (who, one, other) => {
      const [before, after] = [accessTo(who, one, NOW), accessTo(who, other, NOW)];
      expect(sorted(gained([], after))).toEqual(sorted(union(after)));
      const more = gained(before, after);
      for (const access of ACCESSES) {
        const [then, now] = [heldUntil(before, access), heldUntil(after, access)];
        const end = (until: Date | null | undefined) =>
          until === undefined ? 0 : (until?.getTime() ?? Number.POSITIVE_INFINITY);
        expect(more.includes(access)).toBe(end(now) > end(then));
      }
    }),
  );
});

test('if each of several changes gives a principal no additional access, all these changes together give the principal no additional access', () => {
  fc.assert(
    fc.property(standing, secret, secret, secret, (who, a, b, c) => {
      const [pa, pb, pc] = [a, b, c].map((labels) => accessTo(who, labels, NOW));
      fc.pre(gained(pa!, pb!).length === 0 && gained(pb!, pc!).length === 0);
      expect(gained(pa!, pc!)).toEqual([]);
    }),
  );
});

test('principals with ADMIN, USER or METADATA_MANAGER may create any secret, and all other principals need CREATE on its name or on one of its tags', () => {
  fc.assert(
    fc.property(standing, secret, (who, what) => {
      const byRole = who.roles.some(({ role }) => ['ADMIN', 'USER', 'METADATA_MANAGER'].includes(role));
      expect(mayCreateSecret(who, what, NOW)).toBe(byRole || expected(who, what).includes('CREATE'));
    }),
  );
});

test('principals with one of four roles may create applications, and an application can be managed by its creator and by principals with one of two roles', () => {
  fc.assert(
    fc.property(standing, uuid, (who, other) => {
      const has = (...roles: Role[]) => who.roles.some(({ role }) => roles.includes(role));
      expect(mayCreateApplication(who)).toBe(has('ADMIN', 'USER', 'APPLICATION_CREATOR', 'APPLICATION_MANAGER'));
      expect(mayManageApplication(who, { createdBy: other })).toBe(has('ADMIN', 'APPLICATION_MANAGER'));
      expect(mayManageApplication(who, { createdBy: null })).toBe(has('ADMIN', 'APPLICATION_MANAGER'));
      expect(mayManageApplication(who, { createdBy: who.id })).toBe(true);
      expect(maySeeAll(who)).toBe(has('ADMIN', 'AUDITOR'));
    }),
  );
});

const reached = (holder: fc.Arbitrary<Uuid>): fc.Arbitrary<ReachablePrincipal> =>
  fc.record({
    holder,
    canCreateKey: fc.boolean(),
    nameGrants: fc.array(nameGrant, { maxLength: 2 }),
    tagGrants: fc.array(tagGrant, { maxLength: 3 }),
  });

test('if a caller can act only as itself, the policy reports exactly the additional access that the added tags give to the caller', () => {
  fc.assert(
    fc.property(ordinary, secret, fc.subarray(TAGS), (who, what, added) => {
      const circle = [
        { holder: who.id, canCreateKey: true, nameGrants: [...what.nameGrants], tagGrants: who.tagGrants },
      ];
      const after = { ...what, tags: [...what.tags, ...added] };
      expect(sorted(accessGainedByTags(circle, what, added, NOW))).toEqual(
        sorted(gained(accessTo(who, what, NOW), accessTo(who, after, NOW))),
      );
    }),
  );
});

test('additional access through another principal counts as a gain of the caller, unless a principal for which the caller can create access keys already has this access', () => {
  fc.assert(
    fc.property(
      fc.array(reached(fc.constantFrom(asUuid('ann'), asUuid('bob')))),
      secret,
      fc.subarray(TAGS),
      (circle, what, added) => {
        const given = accessGainedByTags(circle, what, added, NOW);
        for (const one of circle) {
          const held = [one, ...circle.filter(({ holder, canCreateKey }) => canCreateKey && holder === one.holder)];
          const paths = (who: ReachablePrincipal, tags: readonly TagText[]) =>
            accessTo({ roles: [], tagGrants: who.tagGrants }, { name: 'db', tags, nameGrants: who.nameGrants }, NOW);
          const more = gained(
            held.flatMap((who) => paths(who, what.tags)),
            paths(one, [...what.tags, ...added]),
          );
          expect(given).toEqual(expect.arrayContaining(more));
        }
        expect(accessGainedByTags(circle, what, [], NOW)).toEqual([]);
      },
    ),
  );
});
