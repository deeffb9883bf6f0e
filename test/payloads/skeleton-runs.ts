// Finds out whether a masked text still shows a secret value. This module shares no code with the masking of the product, so that both cannot have
// the same error.
import { MASK } from '../../src/sensitive.ts';
import type { PrintedValue } from './printed-values.ts';

/** A person may see fewer than this many letters and digits of a value in a row. */
export const RUN = 15;

/** The letters and digits of a text, without accents. */
export const skeletonOf = (text: string): string => text.normalize('NFD').replace(/[^\p{L}\p{N}]/gu, '');

/** The letters and digits of a masked text. A space replaces each mask, so that letters before and after a mask are not in a row. */
const shownOf = (text: string): string => text.split(MASK).map(skeletonOf).join(' ');

const runsOf = (text: string, length: number): string[] =>
  Array.from({ length: Math.max(0, text.length - length + 1) }, (_, i) => text.slice(i, i + length));

/** Returns each run of letters and digits that masking must not show, for a value and its decoded parts. */
export function runsOfValue({ text, known, parts = [] }: PrintedValue): Set<string> {
  const pieces = [text, ...parts].flatMap((part) =>
    known
      .toSorted((a, b) => b.length - a.length)
      .reduce((some, word) => some.flatMap((piece) => piece.split(word)), [part]),
  );
  return new Set(pieces.flatMap((piece) => runsOf(skeletonOf(piece), RUN)));
}

/** Returns the first run of the value in the masked text. */
export function shownRun(masked: string, runs: ReadonlySet<string>): string | undefined {
  return runsOf(shownOf(masked), RUN).find((run) => runs.has(run));
}

/**
 * Returns the first part of an encoded value that the masked text still shows. `encoded` is the text before masking. `length` is the number of letters
 * and digits that encode 15 letters and digits of the value. `frame` contains texts of the same form without the value: their runs are no part of the
 * value.
 */
export function shownEncoding(
  masked: string,
  { encoded, length, frame }: { encoded: string; length: number; frame: readonly string[] },
): string | undefined {
  const encodings = new Set(runsOf(skeletonOf(encoded), length));
  const others = new Set(frame.flatMap((text) => runsOf(skeletonOf(text), length)));
  return runsOf(shownOf(masked), length).find((run) => encodings.has(run) && !others.has(run));
}
