// Sends auditors' queries about access alternately to two generated databases, which are called worlds. The large world contains ten times as many
// rows as the small world. A query must take about the same time in both worlds.

import { execute, parse } from 'graphql';
import type { AccessEntry } from '../src/access-audit/entries/access-entry.ts';
import type { AccessQuestion } from '../src/access-audit/entries/access-reader.ts';
import { table } from '../src/commands/table.ts';
import { loadSchema } from '../src/graphql/schema.ts';
import { toGlobalId } from '../src/primitives/ids.ts';
import type { Page } from '../src/primitives/pages.ts';
import type { Entitlements } from '../src/principals/principal.ts';
import { readArguments } from './arguments.ts';
import { type Cast, castOf, sessionOf } from './cast.ts';
import { cleaningUp } from './cleanup.ts';
import { LOG, verified } from './log.ts';
import { type Compared, compare } from './side-by-side.ts';
import { openWorld, type World } from './world.ts';
import { YEAR_AGO } from './world-rows.ts';

/** Highest allowed ratio of the large world's median duration to the small world's median duration. */
const MOST = 1.5;
const TIMES = 10;

export interface Side {
  world: World;
  cast: Cast;
}
/** Each call uses different arguments. The number `n` of previous calls selects the arguments. */
type Question = (side: Side, n: number) => Promise<unknown>;

const any = <T>(of: readonly T[], n: number): T => of[n % of.length] as T;
const idOf = (entitlements: Entitlements) => toGlobalId(entitlements.kind, entitlements.id);

/** Reads a first page as the caller `as`. The page must not be empty. If `full` is true, the page must be full. */
async function entries(
  { world }: Side,
  as: Entitlements,
  question: AccessQuestion,
  full = true,
): Promise<Page<AccessEntry>> {
  const page = await (await sessionOf(world, as)).accessReader.entries(question, { first: FIRST });
  if (page.nodes.length < (full ? FIRST : 1))
    throw new Error(`The page has ${page.nodes.length} entries; expected ${full ? FIRST : 'at least 1'}`);
  return page;
}
const FIRST = 50;

/** Queries the explanation of an access: of READ, which must be allowed, or of DELETE, which must be denied. */
async function explained({ world, cast }: Side, of: Entitlements, secret: string, allowed: boolean): Promise<void> {
  const { accessReader } = await sessionOf(world, cast.admin);
  const answer = await accessReader.explain(idOf(of), secret, allowed ? 'READ' : 'DELETE');
  if (answer.allowed !== allowed)
    throw new Error(`${of.name} should be ${allowed ? 'allowed READ' : 'denied DELETE'}, but is not`);
}

const byGraphql = (query: string, variables: (side: Side, n: number) => Record<string, unknown>): Question => {
  const document = parse(query);
  return async (side, n) => {
    const contextValue = {
      session: await sessionOf(side.world, side.cast.admin),
      request: { requestId: 'bench', address: '', method: 'POST' },
      signedIn: new Map(),
    };
    const { errors } = await execute({ schema, document, variableValues: variables(side, n), contextValue });
    if (errors !== undefined) throw errors[0];
  };
};
const schema = loadSchema();
const ENTRIES = `nodes { principal { __typename id name } secret { name tags { text } } access paths { access role tag { text } group { name } permission { id } } }
  pageInfo { endCursor hasNextPage }`;

const QUESTIONS: Record<string, Question> = {
  'who can: 3,000 members of a group': (side, n) =>
    entries(side, side.cast.admin, { secret: any(side.cast.shared, n) }),
  'who can DELETE: only administrators': (side, n) =>
    entries(side, side.cast.admin, { secret: any(side.cast.shared, n), access: 'DELETE' }, false),
  'who can: one grant on the name': (side, n) =>
    entries(side, side.cast.admin, { secret: any(side.cast.personal, n) }, false),
  'what an administrator can access': (side) => entries(side, side.cast.admin, { principalId: idOf(side.cast.admin) }),
  'what a group member can access: three tenths of the secrets, by one tag': (side, n) =>
    entries(side, side.cast.admin, { principalId: idOf(any(side.cast.wide, n)) }),
  'what a group member can access: three tenths of the secrets, queried by the group member': (side, n) =>
    entries(side, any(side.cast.wide, n), { principalId: idOf(any(side.cast.wide, n)) }),
  'what a group member could access a year ago: three tenths of the secrets': (side, n) =>
    entries(side, side.cast.admin, { principalId: idOf(any(side.cast.wide, n)), at: YEAR_AGO }),
  'what a user with few grants can access': (side, n) =>
    entries(side, side.cast.admin, { principalId: idOf(any(side.cast.narrow, n)) }, false),
  'who could: 3,000 members of a group, a year ago': (side, n) =>
    entries(side, side.cast.admin, { secret: any(side.cast.shared, n), at: YEAR_AGO }),
  'why: allowed by a tag and a group': (side, n) =>
    explained(side, any(side.cast.wide, n), any(side.cast.shared, n), true),
  'why not: one tag missing': (side, n) => explained(side, any(side.cast.narrow, n), any(side.cast.shared, n), false),
  'why not: one grant on the name missing': (side, n) =>
    explained(side, any(side.cast.narrow, n), any(side.cast.personal, n), false),
  'who can, by GraphQL': byGraphql(
    `query ($secret: String) { accessEntries(secret: $secret) { ${ENTRIES} } }`,
    (side, n) => ({
      secret: any(side.cast.shared, n),
    }),
  ),
  'what can, by GraphQL': byGraphql(
    `query ($id: ID) { accessEntries(principalId: $id) { ${ENTRIES} } }`,
    (side, n) => ({
      id: idOf(any(side.cast.wide, n)),
    }),
  ),
};

const DEFAULT_SECRETS = '100000';

const USAGE = `npm run bench -- audits [SECRETS]

Sends queries about who can do what, and why, to two worlds in turn: one has SECRETS secrets (default ${DEFAULT_SECRETS}; 50000 to 1000000), the other ${TIMES} times as many.
Then verifies audit logs of two lengths. Takes some minutes. Fails if the larger world or log takes more than ${MOST} times as long.`;

export async function run(args: readonly string[]): Promise<void> {
  const isRight = ([secrets = DEFAULT_SECRETS, ...others]: readonly string[]) =>
    /^\d{5,7}$/.test(secrets) && Number(secrets) >= 50_000 && Number(secrets) <= 1_000_000 && others.length === 0;
  const given = readArguments(USAGE, args, { words: isRight });
  if (given === undefined) return;
  const [secrets = DEFAULT_SECRETS] = given.words;
  await cleaningUp(async (undo) => {
    const side = async (times: number): Promise<Side> => {
      const scale = (Number(secrets) / 100_000) * times;
      const size = { secrets: 100_000 * scale, principals: 5_000 * scale, groups: 500 * scale, grants: 10_000 * scale };
      const world = await openWorld(size, { undo });
      return { world, cast: await castOf(world) };
    };
    const [small, large] = [await side(1), await side(TIMES)];
    const results = await asked(small, large);
    const head = ['question', 'small median', 'p99', 'large median', 'p99', 'ratio'];
    console.log(table(head, results.map(rowOf), [1, 2, 3, 4, 5]));
    const [short, long] = [await verified(LOG, undo), await verified(LOG * TIMES, undo)];
    const logs = [short, long].map((log) => Object.values(log).map((number) => number.toLocaleString('en-US')));
    console.log(`\n${table(['events in the log', 'written/s', 'verified/s'], logs, [0, 1, 2])}`);
    const slow = results.filter(({ ratio }) => !(ratio <= MOST));
    for (const { name } of slow)
      console.error(`${name}: takes more than ${MOST} times as long in the ${TIMES} times larger world`);
    const isLogSlow = long.verified * MOST < short.verified;
    if (isLogSlow) console.error(`Verifying an event of the longer log takes more than ${MOST} times as long`);
    if (slow.length > 0 || isLogSlow) process.exitCode = 1;
  });
}

/** Sends every query alternately to both worlds. */
async function asked(small: Side, large: Side): Promise<Compared[]> {
  const results: Compared[] = [];
  for (const [name, ask] of Object.entries(QUESTIONS)) {
    const compared = await compare({ name, small: (n) => ask(small, n), large: (n) => ask(large, n) });
    results.push(compared);
    console.error(rowOf(compared).join('  '));
    if (compared.failure !== undefined) console.error(compared.failure);
  }
  return results;
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
