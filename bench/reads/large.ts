// Measures reads with a small database and with a large database, which are called worlds. Each world uses a separate gateway and a separate
// PostgreSQL. Rounds alternate between the worlds, and only one world at a time receives load.

import { table } from '../../src/commands/table.ts';
import { help, wrongUsage } from '../arguments.ts';
import { cleaningUp, type Undo } from '../cleanup.ts';
import { openWorld } from '../world.ts';
import { makeCallers } from './callers.ts';
import { startGateway } from './gateway.ts';
import { installApart } from './install-apart.ts';
import { type LoadGenerator, startLoadGenerator } from './load-generator.ts';
import { gatewayAlone, type Key, type Measurement, measurementsOf } from './measurements.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { spread } from './results.ts';
import { type Stint, stint } from './stint.ts';
import { makeTables } from './tables.ts';

const SMALL = { secrets: 10_000, events: 0 };
const LARGE = { secrets: 1_000_000, events: 10_000_000 };
const MEASURED: readonly Key[] = ['graphql', 'rest', 'masked', 'list'];
/** Highest allowed ratio between the reads by name per second in the small world and in the large world. */
const MOST = 1.3;
const BOUNDED: readonly string[] = ['graphql', 'rest', 'masked'];
const MOST_NAMES = 10_000;
const WARM_SECONDS = 2;

interface Side {
  measurements: readonly Measurement[];
  measure(key: Key, seconds: number): Promise<Stint>;
}

/**
 * `npm run bench -- large [OPTIONS]`. The command accepts the first five options of the benchmark `reads`. The options `--secrets` and `--events` set
 * the size of the large world.
 */
export async function run(args: readonly string[] = []): Promise<void> {
  const options = readOptions(args, LARGE);
  const isMisused = options === undefined || options.only !== undefined || options.profiles !== undefined;
  if (isMisused || options.help) {
    process.exitCode = isMisused ? wrongUsage(USAGE) : help(USAGE);
    return;
  }
  await installApart();
  await cleaningUp(async (undo) => {
    const generator = await startLoadGenerator(undo);
    const small = await openSide(SMALL, options, generator, undo);
    const large = await openSide(options, options, generator, undo);
    const rows: string[][] = [];
    for (const { key, title } of small.measurements) {
      const [few, many] = await inTurn(small, large, key, options);
      const ratio = spread(few.map((one, i) => one.requestsPerSecond / (many[i]?.requestsPerSecond ?? Number.NaN)));
      rows.push([
        title,
        ...[few, many].flatMap((stints) => [
          spread(stints.map((one) => one.requestsPerSecond)).median.toFixed(0),
          spread(stints.map((one) => one.p99)).median.toFixed(1),
        ]),
        `${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)})`,
      ]);
      console.error(rows.at(-1)?.join('  '));
      if (BOUNDED.includes(key) && !(ratio.median <= MOST)) {
        console.error(`${title}: the small world is more than ${MOST} times as fast`);
        process.exitCode = 1;
      }
    }
    const { secrets, events, connections, rounds, seconds } = options;
    const many = (count: number) => count.toLocaleString('en-US');
    console.log(
      `\n${many(SMALL.secrets)} secrets, compared with ${many(secrets)} secrets and ${many(events)} events; ${connections} connections, medians of ${rounds} rounds of ${seconds} s.\n`,
    );
    const head = [
      'measurement',
      'small, requests/s',
      'p99 ms',
      'large, requests/s',
      'p99 ms',
      `small relative to large, reads at most ${MOST}`,
    ];
    console.log(table(head, rows, [1, 2, 3, 4, 5]));
  });
}

/** Creates a world and starts a gateway on the world. In the world, every secret value is sealed, and one group has READ on all secrets by one tag. */
async function openSide(
  { secrets, events }: Pick<Options, 'secrets' | 'events'>,
  { connections }: Options,
  generator: LoadGenerator,
  undo: Undo,
): Promise<Side> {
  const size = {
    secrets,
    events,
    principals: 1_000,
    groups: 200,
    grants: Math.min(20_000, Math.max(2_000, secrets / 5)),
  };
  const world = await openWorld(size, { undo, sealed: secrets });
  const names = (await makeTables(world.url)).slice(0, MOST_NAMES);
  const gateway = await startGateway(world, { undo });
  const callers = await makeCallers(gateway.url);
  const urls = gatewayAlone(gateway.url);
  const measurements = (await measurementsOf({ urls, callers, names })).filter(({ key }) => MEASURED.includes(key));
  const loads = new Map(measurements.map((one) => [one.key, { one, load: generator.add(one.load) }]));
  const servers = { gateway, bare: gateway, postgraphile: gateway, apollo: gateway };
  return {
    measurements,
    measure(key, seconds) {
      const { one, load } = loads.get(key) as { one: Measurement; load: number };
      return stint({ database: world.database, generator, servers }, one, { load, connections, seconds });
    },
  };
}

/** Measures both worlds in each round. The order alternates, so that neither world is always second. */
async function inTurn(small: Side, large: Side, key: Key, { rounds, seconds }: Options): Promise<[Stint[], Stint[]]> {
  const sides = [
    { side: small, stints: [] as Stint[] },
    { side: large, stints: [] as Stint[] },
  ];
  for (const { side } of sides) await side.measure(key, WARM_SECONDS);
  for (let round = 0; round < rounds; round++)
    for (const { side, stints } of round % 2 === 0 ? sides : sides.toReversed())
      stints.push(await side.measure(key, seconds));
  return sides.map(({ stints }) => stints) as [Stint[], Stint[]];
}
