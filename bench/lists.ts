// Reads pages of secrets alternately from a database with 10,000 secrets and from a database with 1,000,000 secrets. The callers see all, few or many
// secrets.

import { execute, parse } from 'graphql';
import pg from 'pg';
import { table } from '../src/commands/table.ts';
import { loadSchema } from '../src/graphql/schema.ts';
import { newId, type Uuid, ZERO_UUID } from '../src/primitives/ids.ts';
import { readEntitlementsOf } from '../src/principals/entitlement-store.ts';
import type { Entitlements } from '../src/principals/principal.ts';
import { readArguments } from './arguments.ts';
import { sessionOf } from './cast.ts';
import { cleaningUp } from './cleanup.ts';
import { type Compared, compare } from './side-by-side.ts';
import { openWorld, type World } from './world.ts';
import { PRESENT, WIDE } from './world-rows.ts';

/** Highest allowed ratio between the duration of a group member's first page and the duration of an administrator's first page. */
const MOST = 2;
const FEW = 1_000;
const SMALL = 10_000;
const LARGE = 1_000_000;

const CALLERS = ['admin', 'few', 'many'] as const;
type Who = (typeof CALLERS)[number];
interface Side {
  world: World;
  callers: Record<Who, Entitlements>;
  /** The cursor in the middle of each caller's list. */
  middle: Record<Who, string>;
}

/** The query for a page, and the caller who reads the page. */
interface Asked {
  name: string;
  who: Who;
  filter?: Record<string, unknown>;
  orderBy?: string;
  fromMiddle?: boolean;
}

const WHO: Record<Who, string> = {
  admin: 'administrator',
  few: `member who sees ${FEW.toLocaleString('en-US')}`,
  many: 'member who sees three tenths',
};
const tag = (text: string) => ({ key: text.split(':')[0], value: text.split(':')[1] });
const each = (name: string, more: Omit<Asked, 'name' | 'who'>): Asked[] =>
  CALLERS.map((who) => ({ name: `${name}: ${WHO[who]}`, who, ...more }));

const ASKED: readonly Asked[] = [
  ...each('first page', {}),
  ...each('page from the middle', { fromMiddle: true }),
  ...each('last changed first', { orderBy: 'UPDATED_AT_DESC' }),
  ...each('filter, part of some names', { filter: { nameContains: 'oauth_1' } }),
  ...each('filter, part of no name', { filter: { nameContains: 'no_such_name' } }),
  ...each('filter, tag on three tenths', { filter: { tags: [tag(WIDE[0])] } }),
  ...each('filter, tag on about 14', { filter: { tags: [tag('app:001')] } }),
  ...each('filter, access READ', { filter: { access: ['READ'] } }),
  ...each('filter, access DELETE', { filter: { access: ['DELETE'] } }),
  { name: `filter, tag on none of the visible secrets: ${WHO.many}`, who: 'many', filter: { tags: [tag(WIDE[2])] } },
];

const schema = loadSchema();
const LIST = parse(`query ($filter: SecretFilter, $orderBy: SecretOrder, $after: String) {
  secrets(first: 50, filter: $filter, orderBy: $orderBy, after: $after) { nodes { name value version tags { key value } updatedAt } pageInfo { hasNextPage endCursor } } }`);

const USAGE = `npm run bench -- lists

Reads pages of secrets in turn in a world of ${SMALL.toLocaleString('en-US')} secrets and in a world of ${LARGE.toLocaleString('en-US')}, and prints how long they take. Takes some ten minutes.
Fails if a member's first page in the large world takes more than ${MOST} times as long as an administrator's first page.`;

export async function run(args: readonly string[] = []): Promise<void> {
  if (readArguments(USAGE, args) === undefined) return;
  await cleaningUp(async (undo) => {
    const side = async (secrets: number): Promise<Side> => {
      const size = { secrets, principals: secrets / 20, groups: secrets / 200, grants: secrets / 10 };
      return castOf(await openWorld(size, { undo }), secrets);
    };
    const [small, large] = [await side(SMALL), await side(LARGE)];
    const results: Compared[] = [];
    for (const asked of ASKED) {
      const compared = await compare({
        name: asked.name,
        small: () => page(small, asked),
        large: () => page(large, asked),
      });
      results.push(compared);
      console.error(rowOf(compared).join('  '));
      if (compared.failure !== undefined) console.error(compared.failure);
    }
    const head = ['page', '10,000 median', 'p99', '1,000,000 median', 'p99', 'ratio'];
    console.log(table(head, results.map(rowOf), [1, 2, 3, 4, 5]));
    // Compares two callers in one world. All other comparisons compare one caller in two worlds.
    const [first] = ASKED;
    const bar = await compare({
      name: 'first page',
      small: () => page(large, first as Asked),
      large: () => page(large, { ...(first as Asked), who: 'few' }),
    });
    console.log(
      `\nWith ${LARGE.toLocaleString('en-US')} secrets, a first page of a ${WHO.few} takes ${bar.ratio.toFixed(2)} times as long as an administrator's (${ms(bar.large.median)} and ${ms(bar.small.median)}); goal: at most ${MOST}`,
    );
    if (!(bar.ratio <= MOST) || results.some(({ failure }) => failure !== undefined)) process.exitCode = 1;
  });
}

async function page(
  { world, callers, middle }: Side,
  { who, filter = {}, orderBy = 'NAME_ASC', fromMiddle }: Asked,
): Promise<Answer> {
  const contextValue = {
    session: await sessionOf(world, callers[who]),
    request: { requestId: 'bench', address: '', method: 'POST' },
    signedIn: new Map(),
  };
  const variableValues = { filter, orderBy, after: fromMiddle ? middle[who] : null };
  const { data, errors } = await execute({ schema, document: LIST, variableValues, contextValue });
  if (errors !== undefined) throw errors[0];
  return (data as { secrets: Answer }).secrets;
}
interface Answer {
  nodes: unknown[];
  pageInfo: { endCursor: string | null };
}

/** Creates a user who sees few secrets and a user who sees many secrets. Each user is in one group with READ on one tag, and has no further access. */
async function castOf(world: World, secrets: number): Promise<Side> {
  const client = new pg.Client({ connectionString: world.url });
  await client.connect();
  const member = async (name: string, on: string): Promise<Entitlements> => {
    const [user, group] = [newId(), newId()];
    await client.query('INSERT INTO users (id, username, name_key, name, created_at) VALUES ($1, $2, $2, $2, $3)', [
      user,
      name,
      PRESENT,
    ]);
    await client.query('INSERT INTO groups (id, name, name_key, created_at) VALUES ($1, $2, $2, $3)', [
      group,
      name,
      PRESENT,
    ]);
    await client.query(
      `INSERT INTO group_members (id, group_id, member_kind, member_id, valid_from) VALUES (gen_random_uuid(), $1, 'USER', $2, $3)`,
      [group, user, PRESENT],
    );
    await client.query(
      `INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, access, valid_from)
       VALUES (gen_random_uuid(), 'GROUP', $1, 'TAG', $2, '{READ}', $3)`,
      [group, on, PRESENT],
    );
    return (await readEntitlementsOf(world.database, 'USER', user)) as Entitlements;
  };
  try {
    await client.query(
      `INSERT INTO secret_tags (id, secret_id, name, tag, valid_from)
       SELECT gen_random_uuid(), id, name, 'bench:few', $1 FROM (SELECT id, name FROM secrets WHERE deleted_at IS NULL ORDER BY md5(id::text) LIMIT ${FEW}) s`,
      [PRESENT],
    );
    const { rows } = await client.query<{ id: Uuid }>(`SELECT id FROM users WHERE username = 'admin'`);
    const callers: Record<Who, Entitlements> = {
      admin: (await readEntitlementsOf(world.database, 'USER', rows[0]?.id ?? ZERO_UUID)) as Entitlements,
      few: await member('sees few', 'bench:few'),
      many: await member('sees many', WIDE[0]),
    };
    await client.query('VACUUM ANALYZE');
    const middle = {} as Record<Who, string>;
    for (const who of CALLERS) middle[who] = await middleOf(client, who, secrets);
    return { world, callers, middle };
  } finally {
    await client.end();
  }
}

/** The cursor of the secret in the middle of the caller's list, by name. */
async function middleOf(client: pg.Client, who: Who, secrets: number): Promise<string> {
  const seen = { admin: 'true', few: `t.tag = 'bench:few'`, many: `t.tag = '${WIDE[0]}'` }[who];
  const { rows } = await client.query<{ id: string; name: string }>(
    `SELECT s.id, s.name FROM secrets s WHERE s.deleted_at IS NULL
       AND EXISTS (SELECT FROM secret_tags t WHERE t.secret_id = s.id AND t.valid_to IS NULL AND ${seen})
     ORDER BY s.name COLLATE "C" OFFSET ${who === 'few' ? FEW / 2 : Math.floor(secrets / 8)} LIMIT 1`,
  );
  return Buffer.from(JSON.stringify([rows[0]?.name, rows[0]?.id])).toString('base64url');
}

const ms = (time: number) => `${time.toFixed(2)} ms`;
const rowOf = ({ name, small, large, ratio }: Compared) => [
  name,
  ms(small.median),
  ms(small.p99),
  ms(large.median),
  ms(large.p99),
  ratio.toFixed(2),
];
