// What a statement brings back of a hidden secret is what it brings back of a missing one: as many rows, as many bytes. So neither the time of an
// answer nor its size tells of the tags and the description that are behind it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Standing, subjectsOf } from '../../src/access/policy.ts';
import { readStandingOf } from '../../src/access/standing-store.ts';
import type { Sql } from '../../src/database/client.ts';
import { insideId, newId } from '../../src/ids.ts';
import { findByIds, findByNames, findEverNamed, findNamed } from '../../src/secrets/secret-store.ts';
import { viewingOf } from '../../src/secrets/viewing.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let hiddenId: string;
/** Strangers: without any grant; with CREATE on both names, and READ on other tags; and one who sees the secret. */
const who = new Map<string, Standing>();
/** Of one length. */
const [HIDDEN, MISSING] = ['hidden_name', 'absent_name'];

beforeAll(async () => {
  w = await world();
  const users: Record<string, SomeUser> = {
    nobody: await w.user('nobody'),
    creator: await w.user('creator'),
    seer: await w.user('seer'),
  };
  const tags = Array.from({ length: 50 }, (_, i) => `key-${i}:${'v'.repeat(200)}-${i}` as const);
  const { createSecret } = await w.admin.get(
    'mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { id } } }',
    {
      i: {
        name: HIDDEN,
        value: sentinel(),
        description: 'd'.repeat(2_000),
        tags: tags.map((one) => ({ key: one.split(':')[0], value: one.split(':')[1] })),
      },
    },
  );
  hiddenId = insideId(createSecret.secret.id, 'SECRET')!;
  for (const name of [HIDDEN, MISSING]) await w.grant(users.creator!.id, 'CREATE', name);
  await w.grant(users.creator!.id, 'CREATE', tags[3]!);
  await w.grant(users.creator!.id, 'READ', 'another:tag');
  await w.grant(users.seer!.id, 'READ', tags[7]!);
  for (const [name, { id }] of Object.entries(users)) {
    who.set(name, (await readStandingOf(w.database, 'USER', insideId(id, 'USER')!))!);
  }
});
afterAll(() => w.close());

/** What the statements of `work` brought back, with ids and the names asked for made alike. */
async function rowsOf(work: (sql: Sql) => Promise<unknown>): Promise<string[]> {
  const rows: string[] = [];
  await work({
    async query<Row>(text: string, params?: readonly unknown[]) {
      const found = await w.database.query<Row>(text, params);
      rows.push(...found.map((row) => JSON.stringify(row)));
      return found;
    },
  });
  const alike = (row: string) =>
    row.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id').replaceAll(MISSING, HIDDEN);
  return rows.map(alike);
}

const viewing = (standing: Standing) => viewingOf(subjectsOf(standing), false, w.clock);
const tagsOf = (standing: Standing) => standing.tagGrants.flatMap(({ tag }) => tag ?? []);
const reads: Record<string, (sql: Sql, of: Standing, name: string) => Promise<unknown>> = {
  'read by name': (sql, of, name) => findByNames(sql, viewing(of), [name]),
  'read by name with all that was deleted': (sql, of, name) =>
    findEverNamed(sql, viewing(of), ['READ'], [name], new Date(0)),
  ...Object.fromEntries(
    [null, ['READ'] as const].flatMap((access) =>
      ['told', 'looked up'].map((tags) => [
        `read together, ${access ? 'to be revealed' : 'masked'}, tags ${tags}`,
        (sql: Sql, of: Standing, name: string) => {
          const told = tags === 'told' ? tagsOf(of) : null;
          const { subjects } = viewing(of);
          const read = { standing: of, names: [name], subjects, access, all: false, tags: told, seeing: told };
          return findNamed(sql, [read], viewing(of));
        },
      ]),
    ),
  ),
};

test.each(Object.entries(reads))('a hidden secret %s brings back the rows of a missing one', async (_, read) => {
  for (const name of ['nobody', 'creator']) {
    const of = who.get(name)!;
    const standing =
      name === 'creator' ? { ...of, tagGrants: of.tagGrants.filter(({ access }) => access.includes('READ')) } : of;
    expect(await rowsOf((sql) => read(sql, standing, HIDDEN))).toEqual(
      await rowsOf((sql) => read(sql, standing, MISSING)),
    );
  }
  // And it would tell: to one who sees the secret, all is there.
  const [shown] = await rowsOf((sql) => read(sql, who.get('seer')!, HIDDEN));
  expect(shown!.length).toBeGreaterThan(10_000);
});

test('a hidden secret read by id brings back the rows of a missing one, whatever its name is', async () => {
  const read = (id: string) => rowsOf((sql) => findByIds(sql, viewing(who.get('nobody')!), [id], new Date(0)));
  const [hidden, missing] = [await read(hiddenId), await read(newId())];
  expect(hidden.map(({ length }) => length)).toEqual(missing.map(({ length }) => length));
  expect(hidden[0]).not.toContain('vvv');
});
