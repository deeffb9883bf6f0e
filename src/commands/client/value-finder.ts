// Finds secret values in texts, also encoded values. The index of masking finds the places, and then the secrets whose value is at a place.
import { Buffer } from 'node:buffer';
import { hiddenSpans } from '../../payloads/masking/hidden-spans.ts';
import { completed } from '../../payloads/masking/masking.ts';
import type { Span } from '../../payloads/masking/reading.ts';
import { indexOfValues, type ValueIndex } from '../../payloads/masking/value-index.ts';
import { hiddenTexts } from '../../payloads/masking/value-parts.ts';

/** A secret whose value occurs in a text. */
export interface FoundValue {
  readonly name: string;
  /** The line on which the value begins. The first line has the number 1. */
  readonly line: number;
}

export interface ValueFinder {
  /** Finds values in a text. A secret occurs at most once for each line. */
  find(text: string): FoundValue[];
}

/** Texts are searched in pieces of this number of characters. */
const PIECE = 2_000_000;
/** The number of characters that two pieces share, so that a value at the border of two pieces is found. */
const SHARED = 400_000;
const GROUP = 64;
/**
 * Masking also hides parts of a value. Many private keys and tokens begin with the same characters. Therefore a place counts only if it has this share
 * of the value, or of `MOST_COMPARED` characters of a longer value.
 */
const SHARE = 0.8;
const MOST_COMPARED = 200;

interface IndexedText {
  readonly index: ValueIndex;
  readonly least: number;
}

/** Secrets with one index. A group with several secrets has members. */
interface Group {
  readonly names: readonly string[];
  readonly index: ValueIndex;
  members?: Group[];
  texts?: IndexedText[];
}

/** One word, or a number with few digits. Files contain such texts without any relation to a secret. */
const ORDINARY = /^(?:\p{Lu}?\p{Ll}{0,20}|\p{Lu}{1,20}|\d{0,5})$/u;
/** The name of a host, with or without a port. */
const HOST = /^[\w-]+(?:\.[\w-]+)+(?::\d+)?$/;
const SHORTEST_INNER = 8;

/**
 * Returns the texts to search for a value. A text in a value that is JSON or a URL is searched only if it looks like a password or a key, because such
 * values also contain the names of users and hosts.
 */
function searchedTexts(value: string): string[] {
  if (ORDINARY.test(value.trim())) return [];
  const hidden = [...completed(hiddenTexts([value]))];
  const isSearched = ([text, isInner]: [string, boolean]) =>
    !isInner || (text.length >= SHORTEST_INNER && /\d/.test(text) && /\p{L}/u.test(text) && !HOST.test(text));
  const omitted = new Set(hidden.filter((one) => !isSearched(one)).flatMap(([text]) => encodings(text)));
  return hidden.filter((one) => isSearched(one) && !(one[1] && omitted.has(one[0]))).map(([text]) => text);
}

const indexOf = (texts: readonly string[]): ValueIndex => completed(indexOfValues([], texts));

/** The encodings of a short text that masking adds to the text. */
function encodings(text: string): string[] {
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  return [bytes.toString('base64url'), bytes.toString('base64').replace(/=+$/, ''), hex, hex.toUpperCase()];
}

/** Masking hides a string with too many levels of escape sequences completely. Such a string is hidden by an index without texts, too. */
const NOTHING = indexOf([]);

const spansIn = (text: string, index: ValueIndex): Span[] =>
  hiddenSpans(text, [index], { left: Number.POSITIVE_INFINITY });

/** @param values the secret values by the names of the secrets */
export function valueFinder(values: ReadonlyMap<string, string>): ValueFinder {
  const texts = new Map([...values].map(([name, value]) => [name, searchedTexts(value)]));
  const textsOf = (name: string) => texts.get(name) as string[];
  const groupOf = (names: readonly string[]): Group => ({ names, index: indexOf(names.flatMap(textsOf)) });
  const all = groupOf([...values.keys()]);

  /** Returns the secrets of a group whose value is in a short text. */
  function namesIn(text: string, group: Group): string[] {
    if (group.names.length === 1) {
      const [name] = group.names as [string];
      group.texts ??= textsOf(name).map((text) => ({ index: indexOf([text]), least: leastOf(text) }));
      const isFound = group.texts.some(({ index, least }) =>
        spansIn(text, index).some(({ start, end }) => end - start >= least),
      );
      return isFound ? [name] : [];
    }
    group.members ??= split(group.names, group.names.length > GROUP ? GROUP : 1).map(groupOf);
    return group.members.flatMap((member) => (spansIn(text, member.index).length > 0 ? namesIn(text, member) : []));
  }

  return {
    find(text) {
      const found = new Map<string, FoundValue>();
      let [line, counted] = [1, 0];
      for (let from = 0; ; from += PIECE - SHARED) {
        let piece = text.slice(from, from + PIECE);
        let spans = spansIn(piece, all.index);
        let unread = spans.length === 0 ? [] : spansIn(piece, NOTHING);
        if (unread.length > 0) {
          // A zero unit separates strings. Therefore only the lines with too many levels of escape sequences are hidden.
          piece = piece.replaceAll('\n', '\0');
          spans = spansIn(piece, all.index);
          unread = spansIn(piece, NOTHING);
        }
        for (const { start, end } of spans) {
          if (unread.some((span) => span.start < end && start < span.end)) continue;
          for (; counted < from + start; counted++) if (text.charCodeAt(counted) === 10) line++;
          for (; counted > from + start; counted--) if (text.charCodeAt(counted - 1) === 10) line--;
          for (const name of namesIn(around(piece, start, end), all)) found.set(`${line}:${name}`, { name, line });
        }
        if (from + PIECE >= text.length) return [...found.values()];
      }
    },
  };
}

const leastOf = (text: string) => Math.min(text.length, MOST_COMPARED) * SHARE;

/** The characters of encoded texts. An encoded text can only be decoded from its first character. */
const ENCODED = /[A-Za-z0-9+/=_%\\.-]/;

/** Returns the text from a place to its ends, with the encoded text around the place. */
function around(text: string, start: number, end: number): string {
  let [from, to] = [start, end];
  while (from > 0 && start - from < SHARED && ENCODED.test(text[from - 1] as string)) from--;
  while (to < text.length && to - end < SHARED && ENCODED.test(text[to] as string)) to++;
  return text.slice(Math.max(0, from - 8), to + 8);
}

function split<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
