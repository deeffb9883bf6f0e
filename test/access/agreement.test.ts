// In random worlds, four sources agree about access: lists of secrets, reads of single secrets, viewerAccess and the
// policy.

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACCESSES, accessTo, isVisible, union } from '../../src/access/policy.ts';
import type { Access, Role } from '../../src/generated/vocabulary.ts';
import type { Uuid } from '../../src/primitives/ids.ts';
import { newId, parseGlobalId, toGlobalId } from '../../src/primitives/ids.ts';
import { entitlementCache } from '../../src/principals/entitlement-cache.ts';
import type { TokenClaims } from '../../src/principals/entitlement-store.ts';
import type { Entitlements, Grant } from '../../src/principals/principal.ts';
import { namedSecrets } from '../../src/secrets/named-secrets.ts';
import type { Client } from '../support/app.ts';
import { asTag } from '../support/brands.ts';
import { type RestClient, restClient } from '../support/rest.ts';
import { type World, world } from '../support/world.ts';

const PRINCIPALS = ['ann', 'bob', 'cleo', 'bot'];
const GROUPS = ['ops', 'pay', 'all'];
const NAMES = ['alpha', 'beta', 'Gamma', 'delta_1', 'delta-2'];
const TAGS = ['env:prod', 'env:dev', 'team:ops', 'Team:Ops'];
const ROLES = ['ADMIN', 'AUDITOR', 'USER', 'APPLICATION_MANAGER', 'WORKER'] as const satisfies readonly Role[];
const ORDERS = ['NAME_ASC', 'NAME_DESC', 'UPDATED_AT_DESC', 'EXPIRES_AT_ASC'];

let w: World;
const clients = new Map<string, Client>();
const uuids = new Map<string, Uuid>();
/** The deleted secret that used the name before the current secret, and that can still be restored. */
const earlier = new Map<string, Uuid>();

beforeAll(async () => {
  w = await world();
  const know = (name: string, id: string) => uuids.set(name, parseGlobalId(id)!.uuid);
  for (const name of PRINCIPALS) {
    const one = name === 'bot' ? await w.application(name) : await w.user(name);
    clients.set(name, one);
    know(name, one.id);
  }
  for (const name of GROUPS) know(name, await w.group(name));
  for (const [i, name] of NAMES.entries()) {
    if (i < 2) {
      earlier.set(name, parseGlobalId((await w.secret(name)).id)!.uuid);
      await w.admin.get('mutation ($n: String!) { deleteSecret(name: $n) { id } }', { n: name });
    }
    know(name, (await w.secret(name, i % 2 ? { expiresAt: w.clock.in({ days: i + 1 }) } : {})).id);
  }
});
afterAll(() => w.close());

interface Permission {
  subject: string;
  target: string;
  bound: 'no' | 'to it' | 'to the earlier one';
  access: Access[];
  /** The number of hours from now until the grant ends. */
  ends: number | null;
  ended: boolean;
}
interface Random {
  tags: { secret: string; tag: string; ended: boolean }[];
  members: { group: string; member: string; ended: boolean }[];
  roles: { subject: string; role: Role; ended: boolean }[];
  permissions: Permission[];
}

/**
 * Removes repeated rows. For each combination of unique columns, the first row that has not ended remains. All ended
 * rows also remain.
 */
const currentOnce =
  <T extends { ended: boolean }>(key: (one: T) => unknown) =>
  (all: T[]): T[] =>
    all.filter((one, i) => one.ended || !all.slice(0, i).some((other) => !other.ended && key(other) === key(one)));
const sometimes = fc.nat(3).map((n) => n === 0);
const random: fc.Arbitrary<Random> = fc.record({
  tags: fc
    .array(fc.record({ secret: fc.constantFrom(...NAMES), tag: fc.constantFrom(...TAGS), ended: sometimes }), {
      maxLength: 12,
    })
    .map(currentOnce(({ secret, tag }) => `${secret} ${tag}`)),
  members: fc
    .array(fc.record({ group: fc.constantFrom(...GROUPS), member: fc.constantFrom(...PRINCIPALS), ended: sometimes }), {
      maxLength: 8,
    })
    .map(currentOnce(({ group, member }) => `${group} ${member}`)),
  roles: fc
    .array(
      fc.record({
        subject: fc.constantFrom(...PRINCIPALS, ...GROUPS),
        role: fc.constantFrom<Role>(...ROLES),
        ended: sometimes,
      }),
      { maxLength: 3 },
    )
    .map(currentOnce(({ subject, role }) => `${subject} ${role}`)),
  permissions: fc
    .array(
      fc.record<Permission>({
        subject: fc.constantFrom(...PRINCIPALS, ...GROUPS),
        target: fc.constantFrom(...NAMES, ...TAGS, 'no_such_secret', 'no:such-tag'),
        bound: fc.constantFrom('no', 'to it', 'to the earlier one'),
        access: fc.uniqueArray(fc.constantFrom<Access>(...ACCESSES), { minLength: 1, maxLength: 3 }),
        ends: fc.constantFrom(null, null, null, -1, 1),
        ended: sometimes,
      }),
      { maxLength: 14 },
    )
    .map(currentOnce(({ subject, target, bound, ends }) => `${subject} ${target} ${bound} ${ends}`)),
});

/** The id of the secret to which the grant is bound, or null if the grant applies to every secret with the name. */
function boundTo({ target, bound }: Permission): Uuid | null {
  if (bound === 'no') return null;
  return (bound === 'to it' ? uuids.get(target) : earlier.get(target)) ?? null;
}
const isTag = (target: string) => target.includes(':');
const kindOf = (name: string) => (name === 'bot' ? 'APPLICATION' : GROUPS.includes(name) ? 'GROUP' : 'USER');
const inHours = (ends: number | null, now: Date) => (ends === null ? null : new Date(now.getTime() + ends * 3_600_000));

async function write({ tags, members, roles, permissions }: Random, now: Date): Promise<void> {
  const since = new Date(now.getTime() - 86_400_000);
  const stamp = (ended: boolean) => ({ id: newId(), validFrom: since, validTo: ended ? now : null });
  const { prisma } = w.database;
  await prisma.secretTag.deleteMany();
  await prisma.groupMember.deleteMany();
  await prisma.roleAssignment.deleteMany({
    where: { subjectId: { in: [...PRINCIPALS, ...GROUPS].map((n) => uuids.get(n)!) } },
  });
  await prisma.permission.deleteMany();
  await prisma.secretTag.createMany({
    data: tags.map(({ secret, tag, ended }) => ({ ...stamp(ended), secretId: uuids.get(secret)!, name: secret, tag })),
  });
  await prisma.groupMember.createMany({
    data: members.map(({ group, member, ended }) => ({
      ...stamp(ended),
      groupId: uuids.get(group)!,
      memberKind: kindOf(member),
      memberId: uuids.get(member)!,
    })),
  });
  await prisma.roleAssignment.createMany({
    data: roles.map(({ subject, role, ended }) => ({
      ...stamp(ended),
      subjectKind: kindOf(subject),
      subjectId: uuids.get(subject)!,
      role,
    })),
  });
  const seen = new Set<string>();
  for (const one of permissions) {
    const data = {
      ...stamp(one.ended),
      subjectKind: kindOf(one.subject),
      subjectId: uuids.get(one.subject)!,
      targetKind: isTag(one.target) ? 'TAG' : 'SECRET',
      target: one.target,
      secretId: isTag(one.target) ? null : boundTo(one),
      access: one.access,
      expiresAt: inHours(one.ends, now),
    };
    // If no earlier secret has the name, a grant that was bound to the earlier secret becomes a grant on every secret
    // with the name. An equal grant may already exist.
    const key = JSON.stringify([data.subjectId, data.target, data.secretId, one.ends]);
    if (!one.ended && seen.has(key)) one.ended = true;
    if (one.ended) data.validTo = now;
    else seen.add(key);
    await prisma.permission.create({ data });
  }
  // Every change of entitlements increases the epoch.
  await prisma.accessEpoch.updateMany({ data: { epoch: { increment: 1 } } });
}

/**
 * Computes access with the policy, from the same grants, roles and tags that the gateway uses. The test collects
 * these grants, roles and tags without the gateway's code.
 */
function policyOf({ tags, members, roles, permissions }: Random, principal: string, now: Date) {
  const groups = members.filter(({ member, ended }) => member === principal && !ended).map(({ group }) => group);
  const subjects = [principal, ...groups];
  const grants = permissions.filter(({ subject, ended }) => subjects.includes(subject) && !ended);
  const toGrant = (one: Permission): Grant => ({
    id: newId(),
    access: one.access,
    tag: isTag(one.target) ? asTag(one.target) : null,
    group: null,
    expiresAt: inHours(one.ends, now),
  });
  const entitlements: Pick<Entitlements, 'roles' | 'tagGrants'> = {
    roles: roles
      .filter(({ subject, ended }) => subjects.includes(subject) && !ended)
      .map(({ role }) => ({ role, group: null })),
    tagGrants: grants.filter(({ target }) => isTag(target)).map(toGrant),
  };
  return (name: string) => {
    const carried = tags.filter(({ secret, ended }) => secret === name && !ended).map(({ tag }) => asTag(tag));
    const named = grants.filter((one) => one.target === name && [null, uuids.get(name)].includes(boundTo(one)));
    const paths = accessTo(entitlements, { name, tags: carried, nameGrants: named.map(toGrant) }, now);
    const held = union(paths);
    return { visible: isVisible(paths), access: ACCESSES.filter((one) => held.has(one)), tags: carried };
  };
}

/** The token claims that identify the principal. */
function claimsOf(token: string): TokenClaims {
  const [head, body] = token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  const { kind, uuid } = parseGlobalId(body.sub) as { kind: TokenClaims['kind']; uuid: Uuid };
  return {
    kind,
    id: uuid,
    generation: body.gen,
    accessKeyId: body.key && parseGlobalId(body.key)?.uuid,
    kid: head.kid,
  };
}

const FILTERS: Access[][] = [[], ...ACCESSES.map((one) => [one]), ['READ', 'UPDATE'], ['CREATE', 'DELETE', 'EXECUTE']];
const EVERYTHING = `{
  ${NAMES.map((name, i) => `one${i}: secret(name: "${name}") { name viewerAccess tags { id } }`).join('\n')}
  ${FILTERS.map((access, i) => `list${i}: secrets(filter: { access: [${access}] }) { nodes { name viewerAccess } }`).join('\n')}
  ${TAGS.map((tag, i) => `tagged${i}: secrets(filter: { tags: [{ key: "${tag.split(':')[0]}", value: "${tag.split(':')[1]}" }] }) { nodes { name } }`).join('\n')}
  tags { nodes { id secretCount } }
}`;

test('lists, filters and counts of secrets, reads by name or id, and viewerAccess all agree with the policy about access', async () => {
  await fc.assert(
    fc.asyncProperty(random, async (facts) => {
      const now = w.clock.now();
      await write(facts, now);
      // Sends the queries at the same time, so that the gateway combines them into one batch.
      const answers = await Promise.all(PRINCIPALS.map((principal) => clients.get(principal)!.get(EVERYTHING)));
      for (const [place, principal] of PRINCIPALS.entries()) {
        const says = policyOf(facts, principal, now);
        const visible = NAMES.filter((name) => says(name).visible);
        const data = answers[place];

        for (const [i, name] of NAMES.entries()) {
          const { access, tags } = says(name);
          const expected = { name, viewerAccess: access, tags: [...tags].sort().map((id) => ({ id })) };
          expect(data[`one${i}`]).toEqual(visible.includes(name) ? expected : null);
        }
        for (const [i, wanted] of FILTERS.entries()) {
          const expected = visible.filter((name) => wanted.every((one) => says(name).access.includes(one)));
          expect(data[`list${i}`].nodes).toEqual(
            expected.sort().map((name) => ({ name, viewerAccess: says(name).access })),
          );
        }
        const counted = [...TAGS].sort().flatMap((id) => {
          const carrying = visible.filter((name) => says(name).tags.some((tag) => tag === id));
          expect(data[`tagged${TAGS.indexOf(id)}`].nodes).toEqual(carrying.sort().map((name) => ({ name })));
          return carrying.length > 0 ? [{ id, secretCount: carrying.length }] : [];
        });
        expect(data.tags.nodes).toEqual(counted);
      }
    }),
    { numRuns: 40 },
  );
}, 120_000);

test('if several callers read secrets by name in one batch, the gateway decides separately for each caller', async () => {
  const known = entitlementCache(w);
  const named = namedSecrets({ database: w.database, entitlementCache: known, clock: w.clock });
  const claims = new Map(PRINCIPALS.map((name) => [name, claimsOf(clients.get(name)!.token!)]));
  const question = fc.record({
    principal: fc.constantFrom(...PRINCIPALS),
    names: fc.uniqueArray(fc.constantFrom(...NAMES, 'absent', 'no name', ''), { maxLength: 6 }),
    accesses: fc.constantFrom<Access[] | null>(null, ['READ'], ['EXECUTE', 'READ']),
  });
  await fc.assert(
    fc.asyncProperty(random, fc.array(question, { minLength: 1, maxLength: 40 }), async (facts, questions) => {
      const now = w.clock.now();
      await write(facts, now);
      const before = w.database.statements();
      const answers = await Promise.all(
        questions.map(({ principal, names, accesses }) => named.read(claims.get(principal)!, names, accesses)),
      );
      // The reads take at most six statements, because they may need two batches. The statements read the
      // entitlements of the callers and the requested secrets.
      expect(w.database.statements() - before).toBeLessThanOrEqual(6);
      for (const [i, { principal, names, accesses }] of questions.entries()) {
        const says = policyOf(facts, principal, now);
        const { entitlements, secrets } = answers[i]!;
        expect(entitlements).toMatchObject({ id: uuids.get(principal), name: principal });
        expect(secrets.map((secret) => secret?.name)).toEqual(
          names.map((name) => (NAMES.includes(name) ? name : undefined)),
        );
        for (const secret of secrets) {
          if (secret === undefined) continue;
          const { access, tags, visible } = says(secret.name);
          const paths = accessTo(entitlements, secret, now);
          expect(isVisible(paths)).toBe(visible);
          if (!visible) {
            // If a secret is hidden from the caller, the gateway reads only its id, which the audit log needs.
            const nothing = { description: null, tags: [], nameGrants: [], sealed: null };
            expect(secret).toMatchObject({ id: uuids.get(secret.name), ...nothing });
            continue;
          }
          expect(ACCESSES.filter((one) => union(paths).has(one))).toEqual(access);
          expect(secret).toMatchObject({ id: uuids.get(secret.name), tags: [...tags].sort() });
          // The gateway reads a sealed value only if the caller has one of the requested accesses.
          expect(secret.sealed !== null).toBe(access.some((one) => accesses?.includes(one)));
        }
      }
    }),
    { numRuns: 20 },
  );
}, 120_000);

test('for any sort order, the pages of a list of secrets together contain each visible secret once', async () => {
  await fc.assert(
    fc.asyncProperty(
      random,
      fc.constantFrom(...PRINCIPALS),
      fc.integer({ min: 1, max: 3 }),
      async (facts, who, first) => {
        const now = w.clock.now();
        await write(facts, now);
        const says = policyOf(facts, who, now);
        const visible = NAMES.filter((name) => says(name).visible).sort();
        for (const order of ORDERS) {
          const names: string[] = [];
          for (let after: string | null = null, more = true; more; ) {
            const { secrets } = await clients
              .get(who)!
              .get(
                'query ($o: SecretOrder!, $f: Int!, $a: String) { secrets(orderBy: $o, first: $f, after: $a) { nodes { name } pageInfo { hasNextPage endCursor } } }',
                { o: order, f: first, a: after },
              );
            names.push(...secrets.nodes.map(({ name }: { name: string }) => name));
            after = secrets.pageInfo.endCursor;
            more = secrets.pageInfo.hasNextPage;
            expect(after === null).toBe(secrets.nodes.length === 0);
          }
          if (order === 'NAME_ASC') expect(names).toEqual(visible);
          if (order === 'NAME_DESC') expect(names).toEqual([...visible].reverse());
          expect([...names].sort()).toEqual(visible);
        }
      },
    ),
    { numRuns: 12 },
  );
}, 120_000);

test('queries about the access of the caller and of other principals agree with the policy', async () => {
  const checkers = new Map([...clients].map(([name, { token }]) => [name, restClient(w.url, token)]));
  const admin = restClient(w.url, w.admin.token);
  const idOf = (name: string) => (name === 'bot' ? `app:${toGlobalId('APPLICATION', uuids.get(name)!)}` : name);
  const held = async (who: RestClient, principal: string, secret: string) => {
    const path = `/users/${idOf(principal)}/checkPermissions?type=SECRET_NAME&id=${secret}`;
    const { status, json } = await who.send('GET', path);
    expect([status, Object.keys(json).sort()]).toEqual([200, [...ACCESSES].sort()]);
    return ACCESSES.filter((access) => json[access]);
  };
  await fc.assert(
    fc.asyncProperty(random, async (facts) => {
      const now = w.clock.now();
      await write(facts, now);
      for (const principal of PRINCIPALS) {
        const says = policyOf(facts, principal, now);
        for (const name of NAMES) {
          expect(await held(admin, principal, name)).toEqual(says(name).access);
          // The gateway gives the same answer for a hidden secret as for an unused name. Both answers say only
          // whether the caller may create a secret with this name.
          const own = await held(checkers.get(principal)!, principal, name);
          if (says(name).visible) expect(own).toEqual(says(name).access);
          else expect(own.filter((access) => access !== 'CREATE')).toEqual([]);
        }
      }
    }),
    { numRuns: 12 },
  );
}, 120_000);
