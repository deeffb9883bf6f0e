// Searches for secret values in responses of the Conductor server and of the gateway, in the database, and in the log.
import { readFile } from 'node:fs/promises';
import { databaseOf, holds } from '../../scripts/conductor-data.ts';
import {
  type Execution,
  holding,
  PLACES,
  type Place,
  readerAtEngine,
  readerThroughGateway,
  readsOf,
  searchesOf,
} from './places.ts';
import type { Setup } from './setup.ts';

/** The responses, the database tables and the log lines that contain the secret value. */
export type Found = Record<Place, string[]>;

export interface Search {
  found: Found;
  /** The responses of the gateway whose status is neither 200 nor 204. */
  failedReads: string[];
}

/** The database and the log of the Conductor server at one moment. */
export interface Files {
  database: Awaited<ReturnType<typeof databaseOf>>;
  log: string;
}

export async function filesOf({ engine }: Setup): Promise<Files> {
  return { database: await databaseOf(engine), log: await readFile(engine.logFile, 'utf8') };
}

/** Searches responses, database and log for the random parts of secret values. */
export async function whereFound(
  setup: Setup,
  executions: readonly Execution[],
  randoms: readonly string[],
  files?: Files,
): Promise<Search> {
  const { database, log } = files ?? (await filesOf(setup));
  const found = Object.fromEntries(PLACES.map((place) => [place, [] as string[]])) as Found;
  const failedReads: string[] = [];
  const anyIn = (where: string | Buffer) => randoms.some((random) => holds(where, random));

  found.database.push(...[...database].filter(([, content]) => anyIn(content)).map(([name]) => name));
  const lines = anyIn(log) ? log.split('\n').filter(anyIn) : [];
  found.engineLog.push(...lines.map((line) => line.slice(0, 150)));
  const atEngine = readerAtEngine(setup.engine);
  for (const execution of executions) {
    const answers = await readsOf(atEngine, execution);
    const searches = await searchesOf(atEngine, execution);
    for (const random of randoms) {
      found.engineReads.push(...holding(answers, random));
      found.engineSearch.push(...holding(searches, random));
    }
    for (const [who, caller] of Object.entries(setup.readers)) {
      const read = readerThroughGateway(caller);
      const masked = await readsOf(read, execution);
      const maskedSearches = await searchesOf(read, execution);
      for (const random of randoms) {
        found.gatewayReads.push(...holding(masked, random).map((path) => `${who} ${path}`));
        found.gatewaySearch.push(...holding(maskedSearches, random).map((path) => `${who} ${path}`));
      }
      const failed = [...masked, ...maskedSearches].filter(([, text]) => !/^20[04] /.test(text));
      failedReads.push(...failed.map(([path, text]) => `${who} ${path}: ${text.slice(0, 200)}`));
    }
  }
  return { found, failedReads };
}

/** Returns the responses, database tables and log lines that contain a secret value. A test expects an empty list. */
export async function leaksOf(
  setup: Setup,
  executions: readonly Execution[],
  secrets: readonly { random: string }[],
): Promise<string[]> {
  const { found, failedReads } = await whereFound(
    setup,
    executions,
    secrets.map(({ random }) => random),
  );
  return [...PLACES.flatMap((place) => found[place].map((where) => `${place}: ${where}`)), ...failedReads];
}
