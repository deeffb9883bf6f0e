import { parseArgs } from 'node:util';

/** The arguments after the name of a benchmark. */
export interface CommandArguments {
  help: boolean;
  words: string[];
  flags: ReadonlySet<string>;
  /** The values of `--name VALUE`, by name. */
  values: ReadonlyMap<string, string>;
  /** The first unknown or wrongly used option, as a sentence. If a problem exists, the other members are empty. */
  problem: string | undefined;
}

/** Parses the arguments of a benchmark: words, the options `--name` in `flags`, the options `--name VALUE` in `valued`, and `--help`. */
export function readArguments(
  args: readonly string[],
  flags: readonly string[] = [],
  valued: readonly string[] = [],
): CommandArguments {
  const options = Object.fromEntries([
    ...['help', ...flags].map((name) => [name, { type: 'boolean' as const }]),
    ...valued.map((name) => [name, { type: 'string' as const }]),
  ]);
  const config = { args: [...args], options, allowPositionals: true };
  try {
    const parsed = parseArgs({ ...config, strict: true });
    const { help = false, ...named } = parsed.values as Record<string, string | boolean>;
    const entries = Object.entries(named);
    return {
      help: help === true,
      words: parsed.positionals,
      flags: new Set(entries.flatMap(([name, value]) => (value === true ? [name] : []))),
      values: new Map(entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []))),
      problem: undefined,
    };
  } catch {
    const { tokens } = parseArgs({ ...config, strict: false, tokens: true });
    const used = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []));
    const unknown = used.find(({ name }) => !Object.hasOwn(options, name));
    const withValue = used.find(({ name, value }) => options[name]?.type === 'boolean' && value !== undefined);
    let problem = 'An option requires a value.';
    if (unknown) problem = `Unknown option${quoted(unknown.rawName)}.`;
    else if (withValue) problem = `The option \`--${withValue.name}\` takes no value.`;
    return { help: false, words: [], flags: new Set(), values: new Map(), problem };
  }
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
