import { parseArgs } from 'node:util';

/** What stood after a command's name. */
export interface Asked {
  help: boolean;
  words: string[];
  flags: ReadonlySet<string>;
}

/** Reads words and `--flags`, of which those in `known` may stand there and `--help` always. Undefined if anything else does. */
export function readArguments(args: readonly string[], known: readonly string[] = []): Asked | undefined {
  const options = Object.fromEntries(['help', ...known].map((name) => [name, { type: 'boolean' as const }]));
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const { help = false, ...flags } = values;
    return { help, words: positionals, flags: new Set(Object.keys(flags)) };
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
