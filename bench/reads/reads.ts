// Measures reads of the gateway, compared with a bare server, PostGraphile and Apollo Server. Rounds alternate between the servers, and only one
// server at a time receives load.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { help, wrongUsage } from '../arguments.ts';
import { cleaningUp, type Undo } from '../cleanup.ts';
import { openWorld, type World } from '../world.ts';
import { makeCallers } from './callers.ts';
import { chart } from './chart.ts';
import { startGateway } from './gateway.ts';
import { installApart } from './install-apart.ts';
import { startLoadGenerator } from './load-generator.ts';
import { machine } from './machine.ts';
import { type Measurement, measurementsOf, type ServerName } from './measurements.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { type Report, report } from './report.ts';
import { BARE, barsOf, type Measured, resultsOf } from './results.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { type Stint, stint } from './stint.ts';
import { makeTables } from './tables.ts';

const RESULTS = join(import.meta.dirname, '../results');
/** The size of each server's pool of database connections. The size is the default size of the gateway. */
const DATABASE_CONNECTIONS = 10;
/** The number of secret names that the benchmark reads. In a larger world, the names are evenly distributed over all secrets. */
const MOST_NAMES = 10_000;
/** The number of answers that the benchmark compares before the measurement. */
const COMPARED = 20;
const WARM_SECONDS = 2;
const ALONE_SECONDS = 1;

export async function run(args: readonly string[] = []): Promise<void> {
  const options = readOptions(args);
  if (options === undefined || options.help) {
    process.exitCode = options === undefined ? wrongUsage(USAGE) : help(USAGE);
    return;
  }
  await installApart();
  await cleaningUp((undo) => bench(options, undo));
}

async function bench(options: Options, undo: Undo): Promise<void> {
  const { secrets, events } = options;
  const size = {
    secrets,
    events,
    principals: 1_000,
    groups: 200,
    grants: Math.min(20_000, Math.max(2_000, secrets / 5)),
  };
  const world = await openWorld(size, { undo, sealed: Math.min(secrets, MOST_NAMES) });
  const names = await makeTables(world.url);
  const servers = await startServers(world, undo);
  const urlOf = (name: ServerName) => servers[name].url;
  const urls = {
    gateway: urlOf('gateway'),
    bare: urlOf('bare'),
    postgraphile: urlOf('postgraphile'),
    apollo: urlOf('apollo'),
  };
  const callers = await makeCallers(urls.gateway);
  const everything = await measurementsOf({ urls, callers, names });
  await requireSameAnswers(everything);
  const measurements = everything.filter(({ key }) => key === BARE || (options.only?.includes(key) ?? true));
  const on = await machine(world.database);

  const generator = await startLoadGenerator(undo);
  const contest = { database: world.database, generator, servers };
  const loads = new Map(measurements.map(({ key, load }) => [key, generator.add(load)]));
  const measure = (measurement: Measurement, connections: number, seconds: number) =>
    stint(contest, measurement, { load: loads.get(measurement.key) as number, connections, seconds });

  const measured = await inRounds(measurements, options, measure);
  const made: Report = {
    at: new Date().toISOString(),
    options: { rounds: options.rounds, seconds: options.seconds, secrets, connections: options.connections },
    names: names.length,
    machine: on,
    results: resultsOf(measured),
    bars: barsOf(measured),
  };
  const text = report(made);
  console.log(text);
  if (options.write) write(made, text);
  if (options.profiles !== undefined)
    await profiles(measurements, options.profiles, servers.gateway, (one) =>
      measure(one, options.connections, options.seconds),
    );
}

type Measure = (measurement: Measurement, connections: number, seconds: number) => Promise<Stint>;

/** Runs every measurement in every round. Each round begins with a different measurement. */
async function inRounds(
  measurements: readonly Measurement[],
  { rounds, seconds, connections }: Options,
  measure: Measure,
): Promise<Measured[]> {
  const say = (text: string) => console.error(text);
  const stints = new Map<string, Stint[]>();
  const alone = new Map<string, Stint>();
  for (const measurement of measurements) {
    say(`warming up: ${measurement.title}`);
    await measure(measurement, connections, WARM_SECONDS);
    alone.set(measurement.key, await measure(measurement, 1, ALONE_SECONDS));
    stints.set(measurement.key, []);
  }
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < measurements.length; i++) {
      const measurement = measurements[(i + round) % measurements.length] as Measurement;
      const came = await measure(measurement, connections, seconds);
      stints.get(measurement.key)?.push(came);
      say(
        `round ${round + 1} of ${rounds}: ${measurement.title}: ${came.requestsPerSecond.toFixed(0)}/s, p99 ${came.p99.toFixed(1)} ms`,
      );
    }
  }
  return measurements.map(({ key, title }) => ({
    key,
    title,
    rounds: stints.get(key) as Stint[],
    alone: alone.get(key) as Stint,
  }));
}

async function startServers(world: World, undo: Undo): Promise<Record<ServerName, ServerProcess>> {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-bench-servers-'));
  undo(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const env = { DATABASE_URL: world.url, DATABASE_CONNECTIONS: String(DATABASE_CONNECTIONS) };
  const here = (file: string) => join(import.meta.dirname, file);
  const start = (name: ServerName, args: readonly string[]) => startServer({ name, args, env, dir, undo });
  return {
    gateway: await startGateway(world, { undo, settings: { DATABASE_CONNECTIONS: String(DATABASE_CONNECTIONS) } }),
    bare: await start('bare', [here('bare.ts')]),
    postgraphile: await start('postgraphile', [here('apart/postgraphile.ts')]),
    apollo: await start('apollo', [here('apollo.ts')]),
  };
}

/**
 * Compares the answers of the gateway and of the reference servers that read secrets. A line break at the end of an answer is ignored. A REST answer
 * contains only the secret value. @throws Error if the answers differ
 */
async function requireSameAnswers(measurements: readonly Measurement[]): Promise<void> {
  const answers = async (key: string): Promise<string[]> => {
    const { url, method, headers, requests } = (measurements.find((one) => one.key === key) as Measurement).load;
    return Promise.all(
      requests
        .slice(0, COMPARED)
        .map(async ({ path, body = null }) =>
          (await (await fetch(url + path, { method, headers, body })).text()).trimEnd(),
        ),
    );
  };
  const bare = await answers(BARE);
  const rest = await answers('rest');
  for (const key of ['graphql', 'postgraphile'])
    if (!isDeepStrictEqual(await answers(key), bare))
      throw new Error(`${key} and the bare server give different answers`);
  if (!bare.every((text, i) => JSON.parse(text).data.secret.value === rest[i]))
    throw new Error('REST and the bare server give different values');
}

/** Writes a CPU profile of the gateway for each measurement of the gateway. */
async function profiles(
  measurements: readonly Measurement[],
  dir: string,
  gateway: ServerProcess,
  measure: (measurement: Measurement) => Promise<Stint>,
): Promise<void> {
  mkdirSync(dir, { recursive: true });
  for (const measurement of measurements.filter(({ server }) => server === 'gateway')) {
    const file = resolve(dir, `${measurement.key}.cpuprofile`);
    await gateway.profile(file, () => measure(measurement));
    console.log(file);
  }
}

function write(made: Report, text: string): void {
  mkdirSync(RESULTS, { recursive: true });
  const file = (ending: string) => join(RESULTS, `reads.${ending}`);
  writeFileSync(file('json'), `${JSON.stringify(made, null, 2)}\n`);
  writeFileSync(file('md'), `# Reads\n\n![Throughput and 99th percentiles](reads.svg)\n\n${text}`);
  writeFileSync(file('svg'), chart(made));
  console.log(`Written to ${relative(process.cwd(), RESULTS)}: reads.md, reads.svg, reads.json`);
}
