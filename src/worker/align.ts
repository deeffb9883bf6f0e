// Finds again, in a text that an engine has filled in, what it put in place of its expressions.

/** What a text consists of: what is known of it, and what anything may stand for. */
export type Piece = { known: string } | { gap: true };

/**
 * What stands in the gaps of `pieces` in `text`, one after the other. Undefined if `text` is not of this form, or is so in more than one
 * way: then what came by input could pass for what the definition says.
 */
export function gapsIn(text: string, pieces: readonly Piece[]): string[] | undefined {
  const left = matched(text, pieces);
  if (left === undefined) return undefined;
  const right = matched(backwards(text), pieces.map(reversed).reverse())?.reverse().map(backwards);
  // The leftmost way and the rightmost way are the same one: there is no other.
  return right !== undefined && left.every((gap, i) => gap === right[i]) ? left : undefined;
}

/** Whether `text` is of this form, in whichever way. */
export function fits(text: string, pieces: readonly Piece[]): boolean {
  return matched(text, pieces) !== undefined;
}

/** The way in which everything known stands as far to the left as it can. No two known pieces, and no two gaps, stand side by side. */
function matched(text: string, pieces: readonly Piece[]): string[] | undefined {
  const gaps: string[] = [];
  let at = 0;
  for (const [i, piece] of pieces.entries()) {
    if ('gap' in piece) {
      if (i === pieces.length - 1) {
        gaps.push(text.slice(at));
        at = text.length;
      }
      continue;
    }
    const last = i === pieces.length - 1;
    const first = i === 0;
    const found = last && !first ? text.length - piece.known.length : text.indexOf(piece.known, at);
    if (found < at || (first && found !== 0) || !text.startsWith(piece.known, found)) return undefined;
    if (!first) gaps.push(text.slice(at, found));
    at = found + piece.known.length;
  }
  return at === text.length ? gaps : undefined;
}

// By UTF-16 units, which is enough to turn a text round and back again.
const backwards = (text: string) => text.split('').reverse().join('');
const reversed = (piece: Piece): Piece => ('gap' in piece ? piece : { known: backwards(piece.known) });
