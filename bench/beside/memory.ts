// Measures the memory of one gateway process under continuous load. The load changes periodically between the kinds of reads. After each period, the
// benchmark measures the resident memory.

import { progressOn } from '../../src/commands/progress.ts';
import { table } from '../../src/commands/table.ts';
import { readArguments } from '../arguments.ts';
import { cleaningUp, type Undo } from '../cleanup.ts';
import { openWorld } from '../world.ts';
import { makeCallers } from './callers.ts';
import { startGateway } from './gateway.ts';
import { startLoadGenerator } from './load-generator.ts';
import { gatewayLoads } from './loads.ts';
import { spread } from './results.ts';
import type { Kind } from './rows.ts';
import { makeTables } from './tables.ts';

const WORLD = { secrets: 10_000, events: 0, principals: 1_000, groups: 200, grants: 2_000 };
const KINDS: readonly Kind[] = ['graphql', 'rest', 'masked', 'list', 'resolve'];
const CONNECTIONS = 32;
const TURN_SECONDS = 10;
const MOST_MIB = 250;
/** Highest allowed ratio between the memory in the last third and in the second third of the run. */
const MOST_GROWTH = 1.05;

const USAGE = `npm run bench -- memory [--minutes N]

Puts load on one process for N minutes (default 10) and prints its memory. Fails above ${MOST_MIB} MiB, or if memory still grows in the last third.`;

export async function run(args: readonly string[] = []): Promise<void> {
  const asked = readArguments(USAGE, args, { numbers: { minutes: [10, 1, 120] } });
  if (asked !== undefined) await cleaningUp((undo) => measure(asked.numbers.minutes, undo));
}

async function measure(minutes: number, undo: Undo): Promise<void> {
  const world = await openWorld(WORLD, { undo, sealed: WORLD.secrets });
  const names = (await makeTables(world.url)).map(({ name }) => name);
  const gateway = await startGateway(world, { undo });
  const resident = async () => (await gateway.usage()).residentBytes / 2 ** 20;
  const atRest = await resident();
  const all = await gatewayLoads(gateway.url, await makeCallers(gateway.url), names);
  const generator = await startLoadGenerator(undo);
  const loads = KINDS.map((kind) => generator.add(all[kind]));

  const seen: { minute: number; mebibytes: number }[] = [];
  const progress = progressOn(process.stderr);
  const began = performance.now();
  const total = minutes * 60_000;
  let answered = 0;
  for (let turn = 0; performance.now() - began < total; turn += 1) {
    const { requests } = await generator.run({
      load: loads[turn % loads.length]!,
      connections: CONNECTIONS,
      seconds: TURN_SECONDS,
    });
    answered += requests;
    const minute = (performance.now() - began) / 60_000;
    seen.push({ minute, mebibytes: await resident() });
    progress.update(Math.min(total, Math.round(minute * 60_000)), total);
  }
  progress.end();

  const third = (n: number) =>
    spread(
      seen
        .filter(({ minute }) => Math.min(2, Math.floor((minute / minutes) * 3)) === n)
        .map(({ mebibytes }) => mebibytes),
    );
  const thirds = [0, 1, 2].map(third);
  const most = Math.max(...seen.map(({ mebibytes }) => mebibytes));
  console.log(
    `One process, ${minutes} min of ${KINDS.join(', ')} in turns of ${TURN_SECONDS} s by ${CONNECTIONS} connections, ${answered.toLocaleString('en-US')} requests. Resident memory in MiB:\n`,
  );
  const texts = thirds.map(({ median }) => median.toFixed(0));
  console.log(
    table(
      ['at rest', 'first third', 'second third', 'last third', 'maximum'],
      [[atRest.toFixed(0), ...texts, most.toFixed(0)]],
      [0, 1, 2, 3, 4],
    ),
  );
  const growth = (thirds[2]?.median ?? Number.NaN) / (thirds[1]?.median ?? Number.NaN);
  if (!(most <= MOST_MIB && growth <= MOST_GROWTH)) {
    console.error(
      `Goal missed: at most ${MOST_MIB} MiB without growth; the last third is ${growth.toFixed(2)} times the second`,
    );
    process.exitCode = 1;
  }
}
