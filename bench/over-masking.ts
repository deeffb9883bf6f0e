// Measures how much text masking hides that is no secret value. The text is real: package files, changelogs, documents, type declarations, source
// maps and snapshots of tests in node_modules. The text contains none of the secret values, so masking should change nothing.
import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { maskedPayload } from '../src/payloads/masking/masking.ts';
import { MASK } from '../src/sensitive.ts';
import { readArguments } from './arguments.ts';
import { realLookingSecrets } from './real-looking-secrets.ts';

/** The kinds of files, and how many bytes of each kind are read. */
const KINDS = {
  'package files': { pattern: 'node_modules/**/package.json', bytes: 2_500_000 },
  'changelogs and documents': { pattern: 'node_modules/**/*.md', bytes: 5_000_000 },
  'type declarations': { pattern: 'node_modules/**/*.d.ts', bytes: 5_000_000 },
  'tests and snapshots': { pattern: 'node_modules/**/*.{snap,test.ts,test.js,spec.ts}', bytes: 1_000_000 },
  'source maps': { pattern: 'node_modules/**/*.map', bytes: 1_500_000 },
} as const;
const SECRETS = 100;
/** Highest allowed number of characters in one megabyte that are hidden and no value. */
export const MOST_HIDDEN = 100;
/** A larger file would leave too little room for other files of its kind. */
const LARGEST_FILE = 300_000;
const BATCH = 500_000;

export interface OverMasking {
  readonly characters: number;
  /** Characters that masking replaced. */
  readonly hidden: number;
  /** The texts that masking replaced, and the files that contain them. */
  readonly texts: readonly { readonly path: string; readonly text: string }[];
}

/** Masks the text of every kind with a hundred secret values, and returns the hidden characters of each kind. */
export function overMasking(values: readonly string[] = realLookingSecrets(SECRETS)): Map<string, OverMasking> {
  return new Map(Object.entries(KINDS).map(([kind, { pattern, bytes }]) => [kind, measured(pattern, bytes, values)]));
}

/** Returns the sums of all kinds. */
export function sumOf(all: Iterable<OverMasking>): OverMasking {
  const list = [...all];
  return {
    characters: list.reduce((sum, { characters }) => sum + characters, 0),
    hidden: list.reduce((sum, { hidden }) => sum + hidden, 0),
    texts: list.flatMap(({ texts }) => texts),
  };
}

export const perMegabyte = ({ hidden, characters }: OverMasking) => (hidden / characters) * 1_000_000;

function measured(pattern: string, bytes: number, values: readonly string[]): OverMasking {
  let characters = 0;
  let hidden = 0;
  const texts: { path: string; text: string }[] = [];
  for (const batch of batchesOf(pattern, bytes)) {
    const masked = maskedPayload(batch, { keys: new Set(), values }) as typeof batch;
    for (const [i, { path, text }] of batch.entries()) {
      const shown = masked[i]?.text ?? '';
      characters += text.length;
      if (shown === text) continue;
      for (const part of hiddenParts(text, shown)) {
        hidden += part.length;
        texts.push({ path, text: part });
      }
    }
  }
  return { characters, hidden, texts };
}

/** Reads files in an order that mixes all packages and is the same in each run, a few at a time. */
function* batchesOf(pattern: string, bytes: number): Generator<{ path: string; text: string }[]> {
  const root = join(import.meta.dirname, '..');
  let left = bytes;
  let batch: { path: string; text: string }[] = [];
  let size = 0;
  const paths = globSync(pattern, { cwd: root }).map((path) => ({ path, order: orderOf(path) }));
  for (const { path } of paths.sort((a, b) => (a.order < b.order ? -1 : 1))) {
    if (left <= 0) break;
    const file = join(root, path);
    const stat = statSync(file);
    if (!stat.isFile() || stat.size > LARGEST_FILE) continue;
    const text = readFileSync(file, 'utf8');
    // A file that contains three asterisks in a row looks like a masked text.
    if (text.includes(MASK)) continue;
    batch.push({ path, text });
    left -= text.length;
    size += text.length;
    if (size < BATCH) continue;
    yield batch;
    batch = [];
    size = 0;
  }
  if (batch.length > 0) yield batch;
}

const orderOf = (path: string) => createHash('md5').update(path).digest('hex');

/** Returns the parts of `text` that `***` replaces in `shown`. */
function hiddenParts(text: string, shown: string): string[] {
  const [first = '', ...others] = shown.split(MASK);
  const parts: string[] = [];
  let at = first.length;
  for (const [i, piece] of others.entries()) {
    const next = i === others.length - 1 ? text.length - piece.length : text.indexOf(piece, at);
    parts.push(text.slice(at, next));
    at = next + piece.length;
  }
  return parts;
}

const USAGE = `npm run bench -- over-masking

Masks real text of more than 10 MB with ${SECRETS} secret values that the text does not contain, and prints how many characters are hidden in one
megabyte. Fails if more than ${MOST_HIDDEN} characters are hidden in one megabyte.`;

export function run(args: readonly string[]): void {
  if (readArguments(USAGE, args) === undefined) return;
  const all = overMasking();
  const row = (kind: string, one: OverMasking) =>
    console.log(
      `${kind.padEnd(26)} ${(one.characters / 1_000_000).toFixed(1).padStart(6)} MB ${perMegabyte(one).toFixed(1).padStart(8)} hidden in 1 MB`,
    );
  for (const [kind, one] of all) row(kind, one);
  const sum = sumOf(all.values());
  row('all', sum);
  for (const { path, text } of sum.texts.toSorted((a, b) => b.text.length - a.text.length).slice(0, 20))
    console.log(`  ${JSON.stringify(text.slice(0, 80))} in ${path}`);
  if (perMegabyte(sum) <= MOST_HIDDEN) return;
  console.error(`Masking hides more than ${MOST_HIDDEN} characters in 1 MB that are no value`);
  process.exitCode = 1;
}
