// Compares a gateway with several worker processes with a gateway with one process. Both gateways use the same database, and only one gateway at a
// time receives load. The benchmark also measures the use of the CPU cores.
import { cpus } from 'node:os';
import { table } from '../../src/commands/table.ts';
import { readPidFile } from '../../src/database/postgres-status.ts';
import { readArguments } from '../arguments.ts';
import { cleaningUp, type Undo } from '../cleanup.ts';
import { openWorld } from '../world.ts';
import { type Callers, makeCallers } from './callers.ts';
import { startGateway } from './gateway.ts';
import { startLoadGenerator } from './load-generator.ts';
import { gatewayLoads } from './loads.ts';
import { treeCpu } from './process-tree.ts';
import { spread } from './results.ts';
import type { ServerProcess } from './server-process.ts';
import { makeTables } from './tables.ts';

const WORLD = { secrets: 10_000, events: 0, principals: 1_000, groups: 200, grants: 2_000 };
const KINDS = ['graphql', 'rest'] as const;
const WARM_SECONDS = 3;

const USAGE = `npm run bench -- workers [--workers N] [--rounds N] [--seconds S] [--connections N]

Measures reveals by N worker processes behind one port (default 2), in turn with one process. Each side warms up for ${WARM_SECONDS} s first.`;

/** The default, the minimum and the maximum of each option. */
const OPTIONS = {
  workers: [2, 2, 64],
  rounds: [5, 1, 100],
  seconds: [4, 1, 60],
  connections: [64, 1, 1_000],
} as const;
type Options = Record<keyof typeof OPTIONS, number>;

interface Side {
  processes: number;
  gateway: ServerProcess;
  /** The index of the load for each kind of request. */
  loads: ReadonlyMap<string, number>;
}

/** The figures of one gateway in one round. The unit of CPU use is one core. */
interface Turn {
  requestsPerSecond: number;
  p99: number;
  gateway: number;
  database: number;
  generator: number;
}

export async function run(args: readonly string[] = []): Promise<void> {
  const asked = readArguments(USAGE, args, { numbers: OPTIONS });
  if (asked !== undefined) await cleaningUp((undo) => measure(asked.numbers, undo));
}

async function measure({ workers, rounds, seconds, connections }: Options, undo: Undo): Promise<void> {
  const world = await openWorld(WORLD, { undo, sealed: WORLD.secrets });
  const names = (await makeTables(world.url)).map(({ name }) => name);
  const generator = await startLoadGenerator(undo);
  const sides: Side[] = [];
  let callers: Callers | undefined;
  for (const processes of [1, workers]) {
    const gateway = await startGateway(world, { undo, settings: { WORKERS: String(processes) } });
    // Both gateways use one database, so the callers of one gateway can sign in to both gateways.
    callers ??= await makeCallers(gateway.url);
    const all = await gatewayLoads(gateway.url, callers, names);
    const loads = new Map(KINDS.map((kind) => [kind, generator.add(all[kind])]));
    sides.push({ processes, gateway, loads });
  }

  const postgres = readPidFile(world.dataDir)?.pid ?? 0;
  const turn = async ({ gateway, loads }: Side, kind: string, lasts: number): Promise<Turn> => {
    const [database, own, theirs] = [postgres, gateway.pid, generator.pid].map(treeCpu);
    const began = performance.now();
    const { requestsPerSecond, p99 } = await generator.run({
      load: loads.get(kind) as number,
      connections,
      seconds: lasts,
    });
    const elapsed = (performance.now() - began) * 1_000;
    const share = (before: number | undefined, after: number | undefined) =>
      before === undefined || after === undefined ? Number.NaN : (after - before) / elapsed;
    return {
      requestsPerSecond,
      p99,
      gateway: share(own, treeCpu(gateway.pid)),
      database: share(database, treeCpu(postgres)),
      generator: share(theirs, treeCpu(generator.pid)),
    };
  };

  const rows: string[][] = [];
  for (const kind of KINDS) {
    const turns = sides.map((): Turn[] => []);
    for (const side of sides) await turn(side, kind, WARM_SECONDS);
    for (let round = 0; round < rounds; round += 1) {
      const order = round % 2 === 0 ? [0, 1] : [1, 0];
      for (const i of order) turns[i]?.push(await turn(sides[i]!, kind, seconds));
    }
    const ratio = spread(turns[1]!.map((two, i) => two.requestsPerSecond / turns[0]![i]!.requestsPerSecond));
    for (const [i, { processes }] of sides.entries()) {
      const of = (what: keyof Turn) => spread(turns[i]!.map((one) => one[what])).median;
      rows.push([
        `${kind}, ${processes === 1 ? 'one process' : `${processes} processes`}`,
        of('requestsPerSecond').toFixed(0),
        of('p99').toFixed(1),
        ...(['gateway', 'database', 'generator'] as const).map((part) => of(part).toFixed(2)),
        i === 0 ? '' : `${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)})`,
      ]);
      console.error(rows.at(-1)?.join('  '));
    }
  }
  console.log(
    `\n${connections} connections, medians of ${rounds} rounds of ${seconds} s, ${cpus().length} cores in total. CPU use of each part is in cores:\n`,
  );
  const head = ['reveals by', 'requests/s', 'p99 ms', 'gateway', 'database', 'generator', 'relative to one process'];
  console.log(table(head, rows, [1, 2, 3, 4, 5, 6]));
}
