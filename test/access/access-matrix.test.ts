// Checks every line of access-audit/permission-audits.yaml against the gateway.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ACCESSES } from '../../src/access/policy.ts';
import type { Access, Role } from '../../src/generated/vocabulary.ts';
import { tagInput, targetInput, type World, world } from '../support/world.ts';

type Accesses = Access[] | 'all';
interface Line {
  can: string;
  do: Access;
  on: string;
}
interface Audits {
  secrets: Record<string, `${string}:${string}`[]>;
  groups: Record<string, string[]>;
  roles: Record<string, Role[]>;
  users: string[];
  applications: string[];
  inactive: string[];
  grants: { to: string; access: Access[]; on: string; ends?: 'in an hour' | 'in two days' }[];
  check: (Line & { by: string[] })[];
  'what-can': Record<string, Record<string, Accesses>>;
  'who-can': Record<string, Record<string, Accesses>>;
  'why-not': (Line & { misses: string[] })[];
  'what-if': { changes: Record<string, unknown>[]; '+'?: Record<string, Accesses>; '-'?: Record<string, Accesses> }[];
}

const audits: Audits = parse(readFileSync(join(import.meta.dirname, '../access-audit/permission-audits.yaml'), 'utf8'));
const ids = new Map<string, string>();
const id = (name: string) => ids.get(name)!;
let w: World;

beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  for (const name of audits.users) ids.set(name, (await w.user(name)).id);
  for (const name of audits.applications) ids.set(name, (await w.application(name)).id);
  for (const [name, members] of Object.entries(audits.groups))
    ids.set(name, await w.group(name, members.map(id), { roles: audits.roles[name] ?? [] }));
  for (const [name, tags] of Object.entries(audits.secrets)) await w.secret(name, { tags });
  for (const { to, access, on, ends } of audits.grants) {
    const expiresAt = ends && w.clock.in(ends === 'in an hour' ? { hours: 1 } : { days: 2 });
    await w.grant(id(to), access, on, { expiresAt });
  }
  for (const name of audits.inactive)
    await w.admin.get('mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }', {
      i: { id: id(name), active: false },
    });
  w.clock.advance({ hours: 2 });
});
afterAll(() => w.close());

const listOf = (accesses: Accesses): Access[] => (accesses === 'all' ? [...ACCESSES] : accesses);
// biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
type Answered = any;
const EXPLAIN = `query ($p: ID!, $s: String!, $a: Access!) { explainAccess(principalId: $p, secret: $s, access: $a) {
  allowed paths { role group { name } tag { id } }
  nearMisses { reason message permission { subject { ... on Group { name } } target { ... on Tag { id } } } } } }`;
const explain = async ({ can, on, do: access }: Line): Promise<Answered> =>
  (await w.admin.get(EXPLAIN, { p: id(can), s: on, a: access })).explainAccess;

test.each(audits.check)('$can has the access $do on $on', async (line) => {
  const { allowed, paths, nearMisses } = await explain(line);
  const by = paths.map(({ role, group, tag }: Answered) =>
    [role ?? tag?.id ?? 'name', group && `@${group.name}`].filter(Boolean).join(' '),
  );
  expect([allowed, by.sort(), nearMisses]).toEqual([true, [...line.by].sort(), []]);
});

const WHAT = 'query ($p: ID!) { accessEntries(principalId: $p) { nodes { access secret { name } } } }';
test.each(Object.entries(audits['what-can']))(
  'accessEntries lists exactly the accesses of %s',
  async (name, expected) => {
    const { accessEntries } = await w.admin.get(WHAT, { p: id(name) });
    const found = accessEntries.nodes.map(({ access, secret }: Answered) => [secret.name, access]);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(Object.entries(expected).map(([secret, access]) => [secret, listOf(access)])),
    );
  },
);

const WHO = 'query ($s: String!) { accessEntries(secret: $s) { nodes { access principal { name } } } }';
test.each(Object.entries(audits['who-can']))(
  'accessEntries lists exactly the principals that have access to %s',
  async (name, expected) => {
    const { accessEntries } = await w.admin.get(WHO, { s: name });
    const found = accessEntries.nodes.map(({ access, principal }: Answered) => [principal.name, access]);
    expect(Object.fromEntries(found)).toEqual({
      // The administrator has every access to every secret.
      Administrator: [...ACCESSES],
      ...Object.fromEntries(Object.entries(expected).map(([somebody, access]) => [somebody, listOf(access)])),
    });
  },
);

test.each(audits['why-not'])('explainAccess explains why $can does not have $do on $on', async (line) => {
  const { allowed, paths, nearMisses } = await explain(line);
  const found = nearMisses.map(({ reason, message, permission }: Answered) => {
    expect(message).toMatch(/\w.*\.$/);
    const { subject, target } = permission;
    return [reason, target.id ?? 'name', subject.name && reason === 'NOT_A_MEMBER' && `@${subject.name}`]
      .concat(reason !== 'NOT_A_MEMBER' && subject.name ? `@${subject.name}` : [])
      .filter(Boolean)
      .join(' ');
  });
  expect([allowed, paths, found]).toEqual([false, [], line.misses]);
});

/** Converts a change from the notation of permission-audits.yaml to an API input. */
function changeOf(written: Record<string, unknown>): Record<string, unknown> {
  const [kind, what] = Object.entries(written)[0]!;
  if (kind === 'deleteGroup') return { deleteGroup: id(String(what)) };
  const [[first, second], on] = [Object.entries(what as object)[0]!, (what as { on?: string }).on];
  if (kind === 'tag' || kind === 'untag') return { [kind]: { name: first, tags: [tagInput(second)] } };
  if (kind.endsWith('Member')) return { [kind]: { groupId: id(first), principalId: id(second) } };
  if (kind === 'setRoles') return { setRoles: { subjectId: id(first), roles: second } };
  return { [kind]: { subjectId: id(first), target: targetInput(on!), access: second } };
}

describe('simulation of access changes', () => {
  const SIMULATE = `query ($c: [AccessChange!]!) { simulateAccess(changes: $c) { complete ...on AccessSimulation {
    gained { access principal { name } secret { name } paths { access permission { id } group { name } } }
    lost { access principal { name } secret { name } paths { access permission { id } } } } } }`;
  const described = (entries: Answered) =>
    Object.fromEntries(
      entries.map(({ access, principal, secret }: Answered) => [`${principal.name} ${secret.name}`, access]),
    );
  const expected = (written: Record<string, Accesses> = {}) =>
    Object.fromEntries(Object.entries(written).map(([pair, access]) => [pair, listOf(access)]));
  const everything = () =>
    w.database.query<{ e: string }>(
      `SELECT (SELECT json_agg(p ORDER BY id) FROM permissions p) AS p, (SELECT json_agg(t ORDER BY id) FROM secret_tags t) AS t,
         (SELECT json_agg(m ORDER BY id) FROM group_members m) AS m, (SELECT json_agg(r ORDER BY id) FROM role_assignments r) AS r,
         (SELECT json_agg(g ORDER BY id) FROM groups g) AS g, (SELECT count(*) FROM audit_events) AS e, (SELECT epoch FROM access_epoch) AS epoch`,
    );

  test.each(audits['what-if'].map((one) => [JSON.stringify(one.changes), one] as const))(
    'simulateAccess predicts the effect of %s and leaves all access unchanged',
    async (_, one) => {
      const before = await everything();
      const { simulateAccess } = await w.admin.get(SIMULATE, { c: one.changes.map(changeOf) });
      const { complete, gained, lost } = simulateAccess;
      expect([complete, described(gained), described(lost)]).toEqual([true, expected(one['+']), expected(one['-'])]);
      // The simulation changed no access, and recorded only its own audit event.
      const after = await everything();
      expect(after).toEqual(before.map((row) => ({ ...row, e: String(Number(row.e) + 1) })));
      const { auditEvents } = await w.admin.get('{ auditEvents(first: 1) { nodes { action outcome } } }');
      expect(auditEvents.nodes).toEqual([{ action: 'ACCESS_SIMULATE', outcome: 'DONE' }]);
    },
  );
});
