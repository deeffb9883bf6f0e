import { parseArgs } from 'node:util';

/** What stood after a command's name. */
export interface Asked {
  help: boolean;
  words: string[];
  flags: ReadonlySet<string>;
  /** Of `--name VALUE`, by name. */
  values: ReadonlyMap<string, string>;
}

/**
 * Reads words, `--flags` and `--name VALUE`, of which those in `known` and `valued` may stand there, and `--help` always. Undefined if anything
 * else does.
 */
export function readArguments(
  args: readonly string[],
  known: readonly string[] = [],
  valued: readonly string[] = [],
): Asked | undefined {
  const options = Object.fromEntries([
    ...['help', ...known].map((name) => [name, { type: 'boolean' as const }]),
    ...valued.map((name) => [name, { type: 'string' as const }]),
  ]);
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const { help = false, ...given } = parsed.values as Record<string, string | boolean>;
    const all = Object.entries(given);
    return {
      help: help === true,
      words: parsed.positionals,
      flags: new Set(all.flatMap(([name, value]) => (value === true ? [name] : []))),
      values: new Map(all.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []))),
    };
  } catch {
    return undefined;
  }
}

/** Tells how a command is used, which was asked for. */
export function help(usage: string): number {
  console.log(usage);
  return 0;
}

/** Tells how a command is used to whoever used it otherwise. */
export function misused(usage: string): number {
  console.error(usage);
  return 2;
}
