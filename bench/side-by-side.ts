// The same done on two sides in turn, so that whatever else the machine does falls on both alike.

export interface Case {
  name: string;
  /** Given how many times it was called before on that side. */
  small: (n: number) => Promise<unknown>;
  large: (n: number) => Promise<unknown>;
}

/** Times of one side, in milliseconds; infinite where it did not answer. */
export interface Times {
  median: number;
  p99: number;
}

export interface Compared {
  name: string;
  small: Times;
  large: Times;
  /** Of the medians, the large side's to the small one's. */
  ratio: number;
  /** What a side threw; it was not called again. */
  failure: unknown;
}

const WARMING = 40;
const ROUNDS = 400;
/** A slow case is cut short, so that a bench ends. */
const LONGEST_MS = 20_000;
const FEWEST = 20;

/** Calls both sides in turn, first without and then with looking at the time. */
export async function compare({ name, small, large }: Case): Promise<Compared> {
  const sides = [small, large].map((call) => ({ call, times: [] as number[], failure: undefined as unknown }));
  const began = performance.now();
  for (let round = 0; round < WARMING + ROUNDS; round++) {
    const isLate = performance.now() - began > LONGEST_MS;
    if (isLate && sides.every(({ times, failure }) => times.length >= FEWEST || failure !== undefined)) break;
    // Neither side is always the one that comes after the other.
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
