// Checks every cell of matrix.yaml against the gateway. Also checks that lists, filters, counts and viewerAccess
// agree with the gateway's decisions.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ACCESSES } from '../../src/access/policy.ts';
import type { Access, Role } from '../../src/generated/vocabulary.ts';
import type { Client } from '../support/app.ts';
import { type SomeSecret, tagInput, type World, world } from '../support/world.ts';

type Verb = 'see' | 'reveal' | 'use' | 'rotate' | 'untag' | 'delete';
type TagText = `${string}:${string}`;
interface Somebody {
  roles: Role[];
  can: 'refused' | Record<string, string>;
  inactive?: boolean;
}
interface Matrix {
  secrets: Record<string, TagText[]>;
  grants: { to: string; access: Access[]; on: string; ends?: 'in an hour' | 'in two days' }[];
  groups: Record<string, string[]>;
  users: Record<string, Somebody>;
  applications: Record<string, Somebody>;
}

const VERBS: readonly Verb[] = ['see', 'reveal', 'use', 'rotate', 'untag', 'delete'];
const matrix: Matrix = parse(readFileSync(join(import.meta.dirname, 'matrix.yaml'), 'utf8'));
const everybody = { ...matrix.users, ...matrix.applications };
const names = Object.keys(matrix.secrets);

let w: World;
const clients = new Map<string, Client & { id: string }>();
const secrets = new Map<string, SomeSecret>();

beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  for (const [name, tags] of Object.entries(matrix.secrets)) secrets.set(name, await w.secret(name, { tags }));
  for (const [name, { roles }] of Object.entries(matrix.users)) clients.set(name, await w.user(name, { roles }));
  for (const [name, { roles }] of Object.entries(matrix.applications))
    clients.set(name, await w.application(name, { roles }));
  const ids = new Map([...clients].map(([name, { id }]) => [name, id]));
  for (const [name, members] of Object.entries(matrix.groups)) {
    const roles: Role[] = name === 'admins' ? ['ADMIN'] : [];
    ids.set(
      name,
      await w.group(
        name,
        members.map((member) => ids.get(member)!),
        { roles },
      ),
    );
  }
  for (const { to, access, on, ends } of matrix.grants) {
    const expiresAt = ends && w.clock.in(ends === 'in an hour' ? { hours: 1 } : { days: 2 });
    await w.grant(ids.get(to)!, access, on, { expiresAt });
  }
  for (const [name, { inactive }] of Object.entries(matrix.users)) {
    if (!inactive) continue;
    await w.admin.get('mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }', {
      i: { id: ids.get(name), active: false },
    });
  }
  w.clock.advance({ hours: 2 });
});
afterAll(() => w.close());

/** The actions on a secret that matrix.yaml allows to a principal. */
function verbsOf(somebody: string, secret: string): Verb[] {
  const { can } = everybody[somebody]!;
  const text = can === 'refused' ? '' : (can[secret] ?? '');
  return text === 'all' ? [...VERBS] : VERBS.filter((verb) => text.split(' ').includes(verb));
}

/**
 * Returns whether the gateway allows `mutation`. The gateway refuses the mutation if the error code is FORBIDDEN or
 * NOT_FOUND. An allowed mutation in this test must change no data.
 */
async function isAllowed(who: Client, mutation: string, variables: Record<string, unknown>): Promise<boolean> {
  const { code } = await who.ask(mutation, variables);
  if (code === 'NOT_FOUND' || code === 'FORBIDDEN') return false;
  expect([undefined, 'VERSION_CONFLICT', 'CONFLICT']).toContain(code);
  return true;
}

const TRIES: Record<Verb, (who: Client, name: string) => Promise<boolean>> = {
  see: (who, name) => w.sees(who, name),
  reveal: async (who, name) => (await w.reveal(who, name)) === secrets.get(name)!.value,
  use: async (who, name) => {
    const held = await viewerAccess(who, name);
    return held !== null && (held.includes('EXECUTE') || held.includes('READ'));
  },
  rotate: (who, name) =>
    isAllowed(
      who,
      'mutation ($n: String!) { rotateSecret(input: { name: $n, generate: {}, expectedVersion: 99 }) { changed } }',
      { n: name },
    ),
  untag: (who, name) =>
    isAllowed(who, 'mutation ($n: String!, $t: [TagInput!]!) { untagSecret(name: $n, tags: $t) { secret { id } } }', {
      n: name,
      t: [tagInput('not:there')],
    }),
  delete: (who, name) =>
    isAllowed(who, 'mutation ($n: String!) { destroySecretVersion(name: $n, version: 1) { secret { id } } }', {
      n: name,
    }),
};

async function viewerAccess(who: Client, name: string): Promise<Access[] | null> {
  const { secret } = await who.get('query ($n: String!) { secret(name: $n) { viewerAccess } }', { n: name });
  return secret?.viewerAccess ?? null;
}

async function listed(who: Client, access: readonly Access[] | null): Promise<string[]> {
  const { secrets } = await who.get('query ($a: [Access!]) { secrets(filter: { access: $a }) { nodes { name } } }', {
    a: access,
  });
  return secrets.nodes.map(({ name }: { name: string }) => name);
}

const subsets = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: 2 ** all.length }, (_, bits) => all.filter((_, i) => bits & (1 << i)));

describe.each(Object.keys(everybody))('access of the principal %s', (somebody) => {
  const client = () => clients.get(somebody)!;

  if (everybody[somebody]!.can === 'refused') {
    test('the gateway refuses every action of an inactive principal, even if the principal has grants', async () => {
      expect((await client().ask('{ viewer { id } }')).code).toBe('UNAUTHENTICATED');
      for (const name of names) expect(await w.reveal(client(), name)).toBe('UNAUTHENTICATED');
    });
    return;
  }

  test.each(names)('the principal can perform exactly those actions on %s that matrix.yaml allows', async (name) => {
    const can: Verb[] = [];
    for (const verb of VERBS) if (await TRIES[verb](client(), name)) can.push(verb);
    expect(can).toEqual(verbsOf(somebody, name));
  });

  test.each(names)('viewerAccess of %s lists exactly the actions that the principal can perform', async (name) => {
    const verbs = verbsOf(somebody, name);
    const held = await viewerAccess(client(), name);
    if (verbs.length === 0) return expect(held).toBeNull();
    const has = (access: Access) => held!.includes(access);
    expect({
      READ: has('READ'),
      UPDATE: has('UPDATE'),
      DELETE: has('DELETE'),
      use: has('EXECUTE') || has('READ'),
    }).toEqual({
      READ: verbs.includes('reveal'),
      UPDATE: verbs.includes('rotate'),
      DELETE: verbs.includes('delete'),
      use: verbs.includes('use'),
    });
  });

  test('if the principal filters the list of secrets by accesses, the list contains exactly the secrets whose viewerAccess includes all these accesses', async () => {
    const held = new Map<string, Access[]>();
    for (const name of names) {
      const access = await viewerAccess(client(), name);
      if (access !== null) held.set(name, access);
    }
    expect(await listed(client(), null)).toEqual(names.filter((name) => verbsOf(somebody, name).length > 0).sort());
    for (const wanted of subsets(ACCESSES)) {
      const expected = names.filter((name) => held.has(name) && wanted.every((one) => held.get(name)!.includes(one)));
      expect(await listed(client(), wanted)).toEqual(expected.sort());
    }
  });

  test('the principal sees exactly the tags of its visible secrets, with correct counts', async () => {
    const counts = new Map<string, number>();
    for (const name of names.filter((name) => verbsOf(somebody, name).length > 0)) {
      for (const tag of matrix.secrets[name]!) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    }
    const { tags } = await client().get('{ tags { nodes { id secretCount } } }');
    expect(tags.nodes).toEqual(
      [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, secretCount]) => ({ id, secretCount })),
    );
  });

  test('the principal finds the same secrets by id and by name', async () => {
    for (const [name, { id }] of secrets) {
      const { node } = await client().get('query ($i: ID!) { node(id: $i) { ... on Secret { name } } }', { i: id });
      expect(node).toEqual(verbsOf(somebody, name).length > 0 ? { name } : null);
    }
  });
});

// These tests delete the secrets of all principals and restore them, so they run after all other tests.
test.each(Object.keys(everybody).filter((somebody) => everybody[somebody]!.can !== 'refused'))(
  'the principal %s can restore exactly those deleted secrets that it can delete',
  async (somebody) => {
    for (const [name, { id }] of secrets) {
      await w.admin.get('mutation ($n: String!) { deleteSecret(name: $n) { id } }', { n: name });
      const restored = await isAllowed(
        clients.get(somebody)!,
        'mutation ($i: ID!) { restoreSecret(id: $i) { secret { id } } }',
        { i: id },
      );
      expect(`${name} ${restored}`).toBe(`${name} ${verbsOf(somebody, name).includes('delete')}`);
      if (!restored) await w.admin.get('mutation ($i: ID!) { restoreSecret(id: $i) { secret { id } } }', { i: id });
    }
  },
);
