// The same done on two sides in turn, so that whatever else the machine does falls on both alike.

export interface Case {
  name: string;
  /** Given how many times it was called before on that side. */
  small: (n: number) => Promise<unknown>;
  large: (n: number) => Promise<unknown>;
  /** What the median on the large side may be at most, in times of that on the small one. None: only told. */
  most?: number;
}

/** Times of one side, in milliseconds. */
export interface Times {
  median: number;
  p99: number;
}

export interface Compared {
  name: string;
  small: Times;
  large: Times;
  /** Of the medians. */
  ratio: number;
  most: number | undefined;
}

const WARMING = 40;
const ROUNDS = 400;
/** A slow case is cut short, so that a bench ends. */
const LONGEST_MS = 30_000;
const FEWEST = 20;

export async function compare({ name, small, large, most }: Case): Promise<Compared> {
  const sides = [small, large];
  const times: [number[], number[]] = [[], []];
  const began = performance.now();
  for (let round = 0; round < WARMING + ROUNDS; round++) {
    const isLate = performance.now() - began > LONGEST_MS;
    if (isLate && round >= WARMING + FEWEST) break;
    // Neither side is always the one that comes after the other.
    for (const i of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const start = performance.now();
      await sides[i]?.(round);
      if (round >= WARMING) times[i].push(performance.now() - start);
    }
  }
  const [s, l] = [timesOf(times[0]), timesOf(times[1])];
  return { name, small: s, large: l, ratio: l.median / s.median, most };
}

function timesOf(samples: number[]): Times {
  samples.sort((a, b) => a - b);
  const at = (part: number) => samples[Math.min(samples.length - 1, Math.floor(samples.length * part))] as number;
  return { median: at(0.5), p99: at(0.99) };
}
