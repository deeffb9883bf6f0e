// Sends the largest request of each root field and each REST route to one gateway process. For each request, the benchmark measures the CPU time, and
// the longest time during which the request blocks all other requests. The last column compares the CPU with masking a megabyte of plain text in the
// same run.

import { table } from '../../src/commands/table.ts';
import { loadSchema } from '../../src/graphql/schema.ts';
import type { SignIn } from '../../src/identity/sign-in.ts';
import { restRoutes } from '../../src/rest/rest-api.ts';
import { readArguments } from '../arguments.ts';
import { type Callers, makeCallers } from '../beside/callers.ts';
import { startGateway } from '../beside/gateway.ts';
import type { ServerProcess } from '../beside/server-process.ts';
import { cleaningUp, type Undo } from '../cleanup.ts';
import { listen } from '../listen.ts';
import { openWorld } from '../world.ts';
import { BODIES, DOCUMENTS } from './documents.ts';
import { FIELDS, largest } from './fields.ts';
import { mismatches } from './missing.ts';
import { PASSED_ON, ROUTES } from './routes.ts';
import { type Subjects, subjectsOf } from './subjects.ts';

const WORLD = { secrets: 5_000, events: 20_000, principals: 1_000, groups: 200, grants: 4_000 };
/** Highest allowed time during which a request blocks all other requests, in seconds of CPU time. */
const LONGEST_TURN = 1;
const BASE = 'Query.maskPayload plain text';

const USAGE = `npm run bench -- requests [PART OF A NAME …]

Sends the largest request of every root field and every REST route to one gateway process, one at a time. For each request it prints the CPU,
the longest time that the request blocks other requests, and the CPU relative to masking a megabyte. Takes some minutes. Fails if a root field or
a route has no request, or if a request blocks others for more than ${LONGEST_TURN} s.`;

interface Prepared {
  name: string;
  send(): Promise<Response>;
}

interface Measured {
  name: string;
  status: number;
  answered: string;
  /** The time in seconds. */
  cpu: number;
  turn: number;
  took: number;
  bytes: number;
}

export async function run(args: readonly string[] = []): Promise<void> {
  const asked = readArguments(USAGE, args, { words: () => true });
  if (asked === undefined) return;
  const missing = mismatches(loadSchema(), restRoutes({} as SignIn), { fields: FIELDS, routes: ROUTES });
  if (missing.length > 0) {
    for (const one of missing) console.error(one);
    process.exitCode = 1;
    return;
  }
  await cleaningUp((undo) => measureAll(asked.words, undo));
}

async function measureAll(words: readonly string[], undo: Undo): Promise<void> {
  const world = await openWorld(WORLD, { undo, sealed: 500 });
  const gateway = await startGateway(world, { undo, settings: { CONDUCTOR_URL: await startConductor(undo) } });
  const callers = await makeCallers(gateway.url);
  const requests = prepared(gateway.url, callers, await subjectsOf(world.url, callers.reader.keyId));
  const wanted = requests.filter(
    ({ name }) => name === BASE || words.length === 0 || words.some((word) => name.includes(word)),
  );
  await gateway.watchTurns();

  const rows: Measured[] = [];
  for (const request of wanted) {
    // The benchmark sends each request once and without a warm-up, because a real caller may also be the first caller that runs the code.
    const row = await measured(request, gateway);
    rows.push(row);
    console.error(
      `${rows.length} of ${wanted.length}: ${row.name}: ${row.cpu.toFixed(2)} s, longest turn ${row.turn.toFixed(2)} s`,
    );
  }
  const base = rows.find(({ name }) => name === BASE)?.cpu ?? Number.NaN;
  rows.sort((a, b) => b.cpu - a.cpu);
  console.log(
    table(
      ['request', 'answer', 'kB', 'CPU s', 'longest turn s', 'total s', 'CPU relative to masking 1 MB'],
      rows.map((row) => [
        row.name,
        `${row.status} ${row.answered}`.trim(),
        (row.bytes / 1_000).toFixed(0),
        row.cpu.toFixed(2),
        row.turn.toFixed(2),
        row.took.toFixed(2),
        (row.cpu / base).toFixed(1),
      ]),
      [2, 3, 4, 5, 6],
    ),
  );
  for (const { name, turn } of rows.filter((row) => row.turn > LONGEST_TURN)) {
    console.error(`${name} blocked other requests for ${turn.toFixed(2)} s; the limit is ${LONGEST_TURN} s`);
    process.exitCode = 1;
  }
}

/** Starts a Conductor server that accepts every request. @returns the address of the server */
async function startConductor(undo: Undo): Promise<string> {
  return listen(undo, (req, res) => void req.resume().once('end', () => res.end()));
}

async function measured({ name, send }: Prepared, gateway: ServerProcess): Promise<Measured> {
  const before = await gateway.usage();
  const began = performance.now();
  const response = await send();
  const text = await response.text();
  const took = performance.now() - began;
  const { microseconds, longestTurn } = await gateway.usage();
  return {
    name,
    status: response.status,
    answered: codeIn(text),
    cpu: (microseconds - before.microseconds) / 1e6,
    turn: longestTurn / 1e6,
    took: took / 1e3,
    bytes: text.length,
  };
}

/** Returns the code of the first error in an answer. The function ignores the codes of audit events in the answer. */
function codeIn(text: string): string {
  try {
    const { errors, code } = JSON.parse(text);
    return errors?.[0]?.extensions?.code ?? code ?? '';
  } catch {
    return '';
  }
}

function prepared(url: string, callers: Callers, subjects: Subjects): Prepared[] {
  const schema = loadSchema();
  const authorization = `Bearer ${callers.admin.token}`;
  const toGraphQL = (body: string) => () =>
    fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization }, body });
  const fields = Object.entries(FIELDS).flatMap(([at, casesOf]) =>
    Object.entries(casesOf(subjects)).map(([kind, one]) => {
      const { query, variables } = largest(schema, at, one);
      return { name: `${at} ${kind}`.trim(), send: toGraphQL(JSON.stringify({ query, variables })) };
    }),
  );
  const routes = Object.entries({ ...ROUTES, ...PASSED_ON }).flatMap(([at, casesOf]) =>
    Object.entries(casesOf(subjects)).map(([kind, { path, body, type }]) => ({
      name: `${at} ${kind}`.trim(),
      send: () =>
        fetch(`${url}/api${path}`, {
          method: at.split(' ')[0] as string,
          headers: { authorization, ...(type !== undefined && { 'content-type': type }) },
          ...(body !== undefined && { body }),
        }),
    })),
  );
  const documents = Object.entries(DOCUMENTS).map(([kind, one]) => ({
    name: `document: ${kind}`,
    send: toGraphQL(JSON.stringify(one)),
  }));
  const bodies = Object.entries(BODIES).map(([kind, body]) => ({ name: `body: ${kind}`, send: toGraphQL(body) }));
  return [...documents, ...bodies, ...fields, ...routes];
}
