import { parseArgs } from 'node:util';

/** The arguments that a benchmark accepts, apart from `--help`. */
interface Accepted<Name extends string> {
  /** Returns true if the benchmark accepts these words. Without this function, the benchmark accepts no words. */
  words?: (words: readonly string[]) => boolean;
  /** The options `--name TEXT`. */
  texts?: readonly string[];
  /** The options `--name N`. */
  numbers?: Readonly<Record<Name, NumberOption>>;
}

/** The default, the minimum and the maximum of an option. The value of the option is a whole number. */
type NumberOption = readonly [initial: number, least: number, most: number];

/** The arguments after the name of a benchmark. */
interface CommandArguments<Name extends string> {
  words: readonly string[];
  texts: ReadonlyMap<string, string>;
  numbers: Readonly<Record<Name, number>>;
}

/**
 * Parses the arguments of a benchmark. If the arguments contain `--help` or are wrong, the function prints `usage`, sets the exit code, and returns
 * undefined.
 */
export function readArguments<Name extends string = never>(
  usage: string,
  args: readonly string[],
  {
    words = (given) => given.length === 0,
    texts = [],
    numbers = {} as Record<Name, NumberOption>,
  }: Accepted<Name> = {},
): CommandArguments<Name> | undefined {
  const given = parsed(args, [...texts, ...Object.keys(numbers)]);
  const read = numbersIn(given.values, numbers);
  if (!given.help && given.problem === undefined && read !== undefined && words(given.words))
    return { words: given.words, texts: given.values, numbers: read };
  process.exitCode = given.help ? help(usage) : wrongUsage(usage, given.problem);
  return undefined;
}

interface Parsed {
  help: boolean;
  words: readonly string[];
  /** The values of the options `--name VALUE`, by name. */
  values: ReadonlyMap<string, string>;
  /** The first unknown or wrongly used option, as a sentence. If a problem exists, the other members are empty. */
  problem?: string;
}

function parsed(args: readonly string[], valued: readonly string[]): Parsed {
  const options = Object.fromEntries([
    ['help', { type: 'boolean' as const }],
    ...valued.map((name) => [name, { type: 'string' as const }]),
  ]);
  const config = { args: [...args], options, allowPositionals: true };
  try {
    const { values, positionals } = parseArgs({ ...config, strict: true });
    const { help = false, ...named } = values as { help?: boolean } & Record<string, string>;
    return { help, words: positionals, values: new Map(Object.entries(named)) };
  } catch {
    const { tokens } = parseArgs({ ...config, strict: false, tokens: true });
    const used = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []));
    const unknown = used.find(({ name }) => !Object.hasOwn(options, name));
    const withValue = used.find(({ name, value }) => options[name]?.type === 'boolean' && value !== undefined);
    let problem = 'An option requires a value.';
    if (unknown) problem = `Unknown option${quoted(unknown.rawName)}.`;
    else if (withValue) problem = `The option \`--${withValue.name}\` takes no value.`;
    return { help: false, words: [], values: new Map(), problem };
  }
}

/** Returns undefined if a value is not a whole number from the minimum to the maximum of its option. */
function numbersIn<Name extends string>(
  values: ReadonlyMap<string, string>,
  numbers: Readonly<Record<Name, NumberOption>>,
): Record<Name, number> | undefined {
  const entries = Object.entries<NumberOption>(numbers);
  try {
    const read = entries.map(([name, [initial, least, most]]) => [
      name,
      count(values.get(name) ?? String(initial), least, most),
    ]);
    return Object.fromEntries(read);
  } catch {
    return undefined;
  }
}

/** @throws RangeError unless `text` is a whole number from `least` to `most` */
export function count(text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new RangeError();
}

/**
 * Returns ` \`text\`` for a message.
 * INVARIANT: a text that does not look like a command or an option is not printed, because the text may be a secret value.
 */
function quoted(text: string): string {
  return /^(--?)?[a-z][a-z-]{0,19}$/.test(text) ? ` \`${text}\`` : '';
}

/** Prints the usage of a benchmark on request. @returns the exit code */
export function help(usage: string): number {
  console.log(usage);
  return 0;
}

/** Prints what is wrong with the arguments of a benchmark, if `problem` is given, and then the usage. @returns the exit code */
export function wrongUsage(usage: string, problem?: string): number {
  console.error(problem === undefined ? usage : `${problem}\n\n${usage}`);
  return 2;
}
