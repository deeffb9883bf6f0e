// Finds the strings that an engine inserted in place of the expressions of a template.

/** A piece of a template. A piece is either known text, or a gap that any text can fill. */
export type Piece = { known: string } | { gap: true };

/** Joins adjacent pieces of the same kind, so that known pieces and gaps alternate. */
export function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last !== undefined && 'known' in last && 'known' in piece)
      result[result.length - 1] = { known: last.known + piece.known };
    else if (last === undefined || 'known' in last || 'known' in piece) result.push(piece);
  }
  return result;
}

/**
 * Returns the strings in the gaps of `pieces`, in order. Returns undefined if `text` does not match `pieces`, or if `text` matches in more than one
 * way. If the function accepted one of several matches, data from the input could be mistaken for text of the definition.
 */
export function gapsIn(text: string, pieces: readonly Piece[]): string[] | undefined {
  const left = matched(text, pieces);
  if (left === undefined) return undefined;
  const right = matched(backwards(text), pieces.map(reversed).reverse())?.reverse().map(backwards);
  // If the leftmost match and the rightmost match are equal, only one match exists.
  return right !== undefined && left.every((gap, i) => gap === right[i]) ? left : undefined;
}

/** Returns whether `text` matches `pieces` in at least one way. */
export function fits(text: string, pieces: readonly Piece[]): boolean {
  return matched(text, pieces) !== undefined;
}

/** Returns the leftmost match. Known pieces and gaps alternate in `pieces`. */
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

// Reverses the UTF-16 code units of a string. The caller reverses each string twice, so surrogate pairs stay intact.
const backwards = (text: string) => text.split('').reverse().join('');
const reversed = (piece: Piece): Piece => ('gap' in piece ? piece : { known: backwards(piece.known) });
