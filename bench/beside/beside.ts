// Measures the gateway, compared with OpenBao and with a bare server, which is called the floor. Rounds alternate between the servers, and only one
// server at a time receives load.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { runningEmbedded } from '../../src/database/embedded.ts';
import { readPidFile } from '../../src/database/postgres-status.ts';
import { help, wrongUsage } from '../arguments.ts';
import { cleaningUp, type Undo } from '../cleanup.ts';
import { makeCallers } from './callers.ts';
import { chart } from './chart.ts';
import { HERE, startGateway } from './gateway.ts';
import { type LoadGenerator, startLoadGenerator } from './load-generator.ts';
import { gatewayLoads, readAndWritten } from './loads.ts';
import { machine } from './machine.ts';
import { installOpenbao, OPENBAO_VERSION, OpenbaoMissing, startOpenbao } from './openbao.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { type Report, report } from './report.ts';
import { barsOf, type MemoryResult, memoryResult, resultOf } from './results.ts';
import { READS, type Row, rowsIn } from './rows.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { type Contestant, type ContestantName, type Memory, memoryOf, type Stint, stint } from './stint.ts';
import type { BenchSecret } from './tables.ts';

const RESULTS = join(import.meta.dirname, '../results');
const SMALL = { secrets: 10_000, events: 0 };
/** The size of the floor's pool of database connections. The size is the default size of the gateway. */
const DATABASE_CONNECTIONS = 10;
/** The maximum number of secrets that the benchmark reads. In a larger world, these secrets are randomly distributed over all secrets. */
const MOST_NAMES = 10_000;
/** The number of answers that the benchmark compares before the measurement. */
const COMPARED = 20;
const WARM_SECONDS = 2;
/** The number of connections that read each secret once in the warm-up. */
const MOST_CONNECTIONS = 32;

export async function run(args: readonly string[] = []): Promise<void> {
  const options = readOptions(args);
  if (options === undefined || options.help) {
    process.exitCode = options === undefined ? wrongUsage(USAGE) : help(USAGE);
    return;
  }
  if (options.markdown) console.log(report(JSON.parse(readFileSync(`${fileOf(options)}.json`, 'utf8'))));
  else await cleaningUp((undo) => bench(options, undo));
}

async function bench(options: Options, undo: Undo): Promise<void> {
  const rows = rowsIn(options.only);
  const { contestants, gateway, database, missing } = await startContestants(options, undo);
  const on = machine({
    PostgreSQL: database,
    ...(contestants.some(({ name }) => name === 'openbao') && { OpenBao: OPENBAO_VERSION }),
  });
  const generator = await startLoadGenerator(undo);
  const measurements = measurementsOf(rows, contestants, generator);
  const rounds = await inRounds(measurements, options, generator);

  const results = rows.map((row) => {
    const stints = contestants.flatMap(({ name }) => {
      const key = keyOf(row, name);
      return key === undefined ? [] : [[name, rounds.map((round) => round.get(key) as Stint)]];
    });
    return resultOf({ row, stints: Object.fromEntries(stints) });
  });
  const memory: Partial<Record<ContestantName, MemoryResult>> = {};
  for (const { name, atRest } of contestants) {
    const of = (round: ReadonlyMap<string, Stint>): Memory[] =>
      [...round].filter(([key]) => key.startsWith(`${name} `)).map(([, { memory }]) => memory);
    memory[name] = memoryResult(atRest, rounds.map(of));
  }
  const made: Report = {
    at: new Date().toISOString(),
    options: {
      rounds: options.rounds,
      seconds: options.seconds,
      secrets: options.secrets,
      events: options.events,
      worlds: options.worlds,
    },
    machine: on,
    missing,
    results,
    memory,
    bars: barsOf(results, memory, options.worlds),
  };
  console.log(report(made));
  if (options.write && missing === null) write(made, options);
  if (options.profiles !== undefined) await profiles(measurements, options.profiles, gateway, options, generator);
}

interface Contestants {
  contestants: readonly Contestant[];
  gateway: ServerProcess;
  /** The version of PostgreSQL. */
  database: string;
  /** The reason why the run lacks OpenBao, or null. */
  missing: string | null;
}

async function startContestants(options: Options, undo: Undo): Promise<Contestants> {
  const program = options.worlds ? undefined : await installOpenbao().catch(reasonOf);
  const gateway = await startSide('gateway', options.worlds ? SMALL : options, HERE, undo);
  const contestants = [gateway.contestant];
  if (options.worlds || options.gateway !== undefined) {
    const checkout = options.gateway === undefined ? HERE : resolve(options.gateway);
    contestants.push((await startSide('other', options, checkout, undo)).contestant);
  }
  const { rows } = await gateway.query<{ server_version: string }>('SHOW server_version');
  const { server_version: database } = rows[0] as { server_version: string };
  let missing: string | null = null;
  if (program !== undefined) {
    const openbao =
      typeof program === 'string' ? await startOpenbao(program, gateway.secrets, undo).catch(reasonOf) : program;
    if ('reason' in openbao) missing = openbao.reason;
    else contestants.push({ name: 'openbao', ...openbao });
    if (missing !== null) console.error(`Measuring without OpenBao: ${missing}`);
    contestants.push(await startFloor(gateway, undo));
    await requireSameAnswers(contestants);
  }
  return { contestants, gateway: gateway.server, database, missing };
}

/** @throws the error, unless the error says that OpenBao is missing */
function reasonOf(error: unknown): { reason: string } {
  if (error instanceof OpenbaoMissing) return { reason: error.message };
  throw error;
}

interface Side {
  contestant: Contestant;
  server: ServerProcess;
  /** The URL of the gateway's embedded PostgreSQL. */
  url: string;
  secrets: readonly BenchSecret[];
  query: pg.Client['query'];
}

/** Generates a world with the source code in `checkout`, and starts the gateway of `checkout` with this world. */
async function startSide(
  name: 'gateway' | 'other',
  { secrets, events }: Pick<Options, 'secrets' | 'events'>,
  checkout: string,
  undo: Undo,
): Promise<Side> {
  const { openWorld }: typeof import('../world.ts') = await import(join(checkout, 'bench/world.ts'));
  const { makeTables }: typeof import('./tables.ts') = await import(join(checkout, 'bench/beside/tables.ts'));
  const size = {
    secrets,
    events,
    principals: 1_000,
    groups: 200,
    grants: Math.min(20_000, Math.max(2_000, secrets / 5)),
  };
  const world = await openWorld(size, { undo, sealed: secrets });
  const read = (await makeTables(world.url)).slice(0, MOST_NAMES);
  await world.close();
  const { dataDir } = world;
  const server = await startGateway({ dataDir }, { undo, checkout });
  const url = runningEmbedded(dataDir);
  const postgres = readPidFile(dataDir)?.pid;
  const atRest = memoryOf({ pid: server.pid, postgres });
  if (url === undefined) throw new Error('The gateway did not start PostgreSQL');
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // PostgreSQL stops together with the gateway
  await client.connect();
  undo(() => client.end());
  const names = read.map((secret) => secret.name);
  const contestant: Contestant = {
    name,
    pid: server.pid,
    url: server.url,
    postgres,
    atRest,
    countsStatements: true,
    loads: await gatewayLoads(server.url, await makeCallers(server.url), names),
  };
  return { contestant, server, url, secrets: read, query: client.query.bind(client) };
}

/** Starts the floor on the PostgreSQL of the gateway. */
async function startFloor({ url: database, contestant, secrets }: Side, undo: Undo): Promise<Contestant> {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-bench-floor-'));
  undo(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const env = { DATABASE_URL: database, DATABASE_CONNECTIONS: String(DATABASE_CONNECTIONS) };
  const args = [join(import.meta.dirname, 'floor.ts')];
  const { pid, url } = await startServer({ name: 'floor', args, env, dir, undo });
  const requests = readAndWritten(secrets).read.map(({ name }) => ({ path: `/secrets/${name}` }));
  const read = { url, method: 'GET', headers: {}, requests, expected: '{"data":{"secret":{"name":"' } as const;
  const { postgres } = contestant;
  return { name: 'floor', pid, url, postgres, atRest: memoryOf({ pid, postgres }), loads: { read } };
}

/** @throws Error if the servers return different secret values */
async function requireSameAnswers(contestants: readonly Contestant[]): Promise<void> {
  const values = async (name: ContestantName, load: string, valueIn: (text: string) => string) => {
    const { url, method, headers, requests } = contestants.find((one) => one.name === name)?.loads[load] ?? {};
    if (requests === undefined) return undefined;
    const answers = requests.slice(0, COMPARED).map(async ({ path, body = null }) => {
      const response = await fetch(url + path, { method: method as string, headers: { ...headers }, body });
      return valueIn(await response.text());
    });
    return Promise.all(answers);
  };
  const inData = (text: string) => JSON.parse(text).data.secret.value;
  const expected = await values('floor', 'read', inData);
  const all = [
    await values('gateway', 'rest', (text) => text),
    await values('gateway', 'graphql', inData),
    await values('openbao', 'read', (text) => JSON.parse(text).data.data.value),
  ];
  if (!all.every((one) => one === undefined || isDeepStrictEqual(one, expected)))
    throw new Error('The servers returned different secret values');
}

/** One load on one contestant. Several rows can share a measurement of OpenBao or of the floor. */
interface Measurement {
  key: string;
  title: string;
  contestant: Contestant;
  connections: number;
  load: number;
  /** True if the load reveals secrets by name. */
  isRead: boolean;
}

/** Returns the load of a contestant for a row. Returns undefined if the row does not compare the gateway with the contestant. */
function kindOf(row: Row, name: ContestantName): string | undefined {
  return name === 'openbao' || name === 'floor' ? row[name] : row.kind;
}

/** Returns the key of the measurement of a contestant for a row. */
function keyOf(row: Row, name: ContestantName): string | undefined {
  const kind = kindOf(row, name);
  return kind === undefined ? undefined : `${name} ${kind} ${row.connections}`;
}

function measurementsOf(
  rows: readonly Row[],
  contestants: readonly Contestant[],
  generator: LoadGenerator,
): Measurement[] {
  const measurements = new Map<string, Measurement>();
  const loads = new Map<unknown, number>();
  for (const row of rows)
    for (const contestant of contestants) {
      const kind = kindOf(row, contestant.name);
      const key = keyOf(row, contestant.name);
      if (kind === undefined || key === undefined || measurements.has(key)) continue;
      const load = contestant.loads[kind];
      if (load === undefined) throw new Error(`The benchmark has no load ${kind} for ${contestant.name}`);
      if (!loads.has(load)) loads.set(load, generator.add(load));
      const { connections } = row;
      const title = `${contestant.name}: ${kind}, ${connections} connections`;
      measurements.set(key, {
        key,
        title,
        contestant,
        connections,
        load: loads.get(load) as number,
        isRead: READS.has(kind),
      });
    }
  return [...measurements.values()];
}

/**
 * Runs every measurement in every round, after a warm-up. In the warm-up, every server reads each secret once, because a first read takes longer than
 * the next reads. Each round begins with a different measurement. Returns the stints of each round, by measurement.
 */
async function inRounds(
  measurements: readonly Measurement[],
  { rounds, seconds }: Options,
  generator: LoadGenerator,
): Promise<ReadonlyMap<string, Stint>[]> {
  const readAll = new Set<number>();
  for (const { title, contestant, connections, load, isRead } of measurements) {
    console.error(`warming up: ${title}`);
    if (isRead && !readAll.has(load)) await generator.run({ load, connections: MOST_CONNECTIONS, seconds: 'once' });
    readAll.add(load);
    await stint(generator, contestant, { load, connections, seconds: WARM_SECONDS });
  }
  const all: Map<string, Stint>[] = [];
  for (let round = 0; round < rounds; round++) {
    const stints = new Map<string, Stint>();
    for (let i = 0; i < measurements.length; i++) {
      const at = measurements[(i + round) % measurements.length] as Measurement;
      const came = await stint(generator, at.contestant, { load: at.load, connections: at.connections, seconds });
      stints.set(at.key, came);
      console.error(
        `round ${round + 1} of ${rounds}: ${at.title}: ${came.requestsPerSecond.toFixed(0)}/s, p99 ${came.p99.toFixed(1)} ms`,
      );
    }
    all.push(stints);
  }
  return all;
}

/** Writes a CPU profile of the gateway for each measurement of the gateway. */
async function profiles(
  measurements: readonly Measurement[],
  dir: string,
  gateway: ServerProcess,
  { seconds }: Options,
  generator: LoadGenerator,
): Promise<void> {
  mkdirSync(dir, { recursive: true });
  for (const { key, contestant, connections, load } of measurements.filter(
    (one) => one.contestant.name === 'gateway',
  )) {
    const file = resolve(dir, `${key.replaceAll(' ', '-')}.cpuprofile`);
    await gateway.profile(file, () => stint(generator, contestant, { load, connections, seconds }));
    console.log(file);
  }
}

/** Returns the path of the results, without the ending of the file name. */
const fileOf = ({ worlds }: Options) => join(RESULTS, worlds ? 'beside-worlds' : 'beside');

function write(made: Report, options: Options): void {
  mkdirSync(RESULTS, { recursive: true });
  const file = fileOf(options);
  writeFileSync(`${file}.json`, `${JSON.stringify(made, null, 2)}\n`);
  const picture = options.worlds ? '' : '![The gateway, relative to OpenBao](beside.svg)\n\n';
  const title = options.worlds ? 'A small and a big world' : 'The gateway beside OpenBao';
  writeFileSync(`${file}.md`, `# ${title}\n\n${picture}${report(made)}`);
  if (!options.worlds) writeFileSync(`${file}.svg`, chart(made));
  console.log(`Written: ${relative(process.cwd(), file)}.json, .md${options.worlds ? '' : ', .svg'}`);
}
