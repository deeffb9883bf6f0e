// Runs the same call alternately on two sides, so that unrelated load on the machine affects both sides equally.

export interface Case {
  name: string;
  /** A function that makes one call. The argument `n` is the number of previous calls on the same side. */
  small: (n: number) => Promise<unknown>;
  large: (n: number) => Promise<unknown>;
}

/** The times of one side, in milliseconds. The times are infinite if the side failed. */
export interface Times {
  median: number;
  p99: number;
}

export interface Compared {
  name: string;
  small: Times;
  large: Times;
  /** The median of the large side, divided by the median of the small side. */
  ratio: number;
  /** The error of a side. After an error, the function makes no further call on this side. */
  failure: unknown;
}

const WARMING = 40;
const ROUNDS = 400;
/** The function makes fewer calls for a slow case, to limit the total time of the benchmark. */
const LONGEST_MS = 20_000;
const FEWEST = 20;

/** Calls both sides alternately. The first rounds are a warm-up and are not measured. */
export async function compare({ name, small, large }: Case): Promise<Compared> {
  const sides = [small, large].map((call) => ({ call, times: [] as number[], failure: undefined as unknown }));
  const began = performance.now();
  for (let round = 0; round < WARMING + ROUNDS; round++) {
    const isLate = performance.now() - began > LONGEST_MS;
    if (isLate && sides.every(({ times, failure }) => times.length >= FEWEST || failure !== undefined)) break;
    // The order alternates, so that neither side is always second.
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      if (side.failure !== undefined) continue;
      const start = performance.now();
      try {
        await side.call(round);
        if (round >= WARMING || isLate) side.times.push(performance.now() - start);
      } catch (error) {
        side.failure = error ?? 'nothing';
      }
    }
  }
  const [s, l] = sides.map(({ times, failure }) => timesOf(failure === undefined ? times : [Number.POSITIVE_INFINITY]));
  const failure = sides.find((side) => side.failure !== undefined)?.failure;
  return { name, small: s as Times, large: l as Times, ratio: (l as Times).median / (s as Times).median, failure };
}

function timesOf(samples: readonly number[]): Times {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] as number;
  return { median: at(0.5), p99: at(0.99) };
}
