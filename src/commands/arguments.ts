import { parseArgs } from 'node:util';

/** The arguments after the name of a command. */
export interface CommandArguments {
  help: boolean;
  words: string[];
  flags: ReadonlySet<string>;
  /** The values of `--name VALUE`, by name. */
  values: ReadonlyMap<string, string>;
}

/**
 * Parses the arguments of a command: words, the options `--name` in `flags`, the options `--name VALUE` in `valued`, and `--help`. Returns undefined
 * if an option is unknown or is used wrongly.
 */
export function readArguments(
  args: readonly string[],
  flags: readonly string[] = [],
  valued: readonly string[] = [],
): CommandArguments | undefined {
  const options = Object.fromEntries([
    ...['help', ...flags].map((name) => [name, { type: 'boolean' as const }]),
    ...valued.map((name) => [name, { type: 'string' as const }]),
  ]);
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const { help = false, ...named } = parsed.values as Record<string, string | boolean>;
    const entries = Object.entries(named);
    return {
      help: help === true,
      words: parsed.positionals,
      flags: new Set(entries.flatMap(([name, value]) => (value === true ? [name] : []))),
      values: new Map(entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []))),
    };
  } catch {
    return undefined;
  }
}

/** Prints the usage of a command on request. @returns the exit code */
export function help(usage: string): number {
  console.log(usage);
  return 0;
}

/** Prints the usage of a command that was called with wrong arguments. @returns the exit code */
export function wrongUsage(usage: string): number {
  console.error(usage);
  return 2;
}
