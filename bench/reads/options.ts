import { parseArgs } from 'node:util';
import { KEYS, type Key } from './measurements.ts';

export interface Options {
  help: boolean;
  rounds: number;
  /** The duration of the load on one server in one round, in seconds. */
  seconds: number;
  secrets: number;
  /** The number of events in the audit log before the measurement. */
  events: number;
  connections: number;
  /** The names of the selected measurements. If the field is undefined, all measurements are selected. The benchmark always measures the bare server. */
  only: readonly Key[] | undefined;
  /** The directory for CPU profiles of the gateway. Each measurement writes one profile. If the field is undefined, no profile is written. */
  profiles: string | undefined;
  /** True if the benchmark must write the results to `bench/results/`. */
  write: boolean;
}

export const USAGE = `npm run bench [-- OPTIONS]
       npm run bench -- large [OPTIONS]

Measures reads of the gateway, compared with a bare server, PostGraphile and Apollo Server, and writes bench/results/.
"large" measures reads in turn in a small world (10,000 secrets) and in a large one (default: 1,000,000 secrets and 10,000,000 events).

  --rounds N        number of rounds; each makes every measurement (5)
  --seconds S       length of the load on each server in a round (4)
  --secrets N       secrets in the world (10000)
  --events N        events in the audit log (0)
  --connections N   keep-alive connections that send requests at the same time (32)
  --only A,B        make only these measurements, and the one of the bare server. Names:
                    ${KEYS.join(', ')}
  --profiles DIR    afterwards write a CPU profile of the gateway for each of its measurements
  --no-write        do not write bench/results/; --only and --profiles imply this

"large" accepts only the first five options.

Other benchmarks, each with --help: npm run bench -- audits|console|lists|memory|payloads|requests|workers`;

/** Parses the arguments of the benchmark. Returns undefined if an argument is invalid. */
export function readOptions(
  args: readonly string[],
  { secrets, events }: Pick<Options, 'secrets' | 'events'> = { secrets: 10_000, events: 0 },
): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '4' },
        secrets: { type: 'string', default: String(secrets) },
        events: { type: 'string', default: String(events) },
        connections: { type: 'string', default: '32' },
        only: { type: 'string' },
        profiles: { type: 'string' },
        write: { type: 'boolean', default: true },
        help: { type: 'boolean', default: false },
      },
    });
    const { only, profiles, help } = values;
    return {
      help,
      rounds: count(values.rounds, 1, 100),
      seconds: count(values.seconds, 1, 60),
      secrets: count(values.secrets, 1_000, 10_000_000),
      events: count(values.events, 0, 100_000_000),
      connections: count(values.connections, 1, 1_000),
      only: only?.split(',').map(keyIn),
      profiles,
      write: values.write && only === undefined && profiles === undefined,
    };
  } catch {
    return undefined;
  }
}

/** @throws RangeError */
function keyIn(text: string): Key {
  const key = KEYS.find((one) => one === text);
  if (key === undefined) throw new RangeError();
  return key;
}

/** @throws RangeError unless `text` is a whole number from `least` to `most` */
export function count(text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new RangeError();
}
