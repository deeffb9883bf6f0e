// Finds the `${…}` expressions in a text and parses references to secrets. Damaged references are found too, so that the gateway can report typing
// errors.
import { isReferenceName, REFERENCE_NAME } from '../../primitives/reference-name.ts';

/** An expression `${…}` in a text. The expression is not inside another expression. */
export interface Expression {
  /** The complete text of the expression. */
  readonly text: string;
  /** True if the expression contains another expression `${…}`. */
  readonly nested: boolean;
}

/** A part of a text: either an expression or a literal. In a literal, `${` replaces each `$${`. Two literals are never adjacent. */
export type Part = string | Expression;

/** The path that an expression reads inside a JSON value. The path consists of field names and list positions. */
export type Path = readonly (string | number)[];

export type Meaning =
  /** `${workflow.secrets.NAME…}` */
  | { readonly kind: 'secret'; readonly name: string; readonly path: Path }
  /** The text looks like a reference to a secret, but the reference is malformed. */
  | { readonly kind: 'malformed' }
  /** `${workflow.input…}` */
  | { readonly kind: 'input'; readonly path: Path }
  /** An expression that only the workflow engine replaces. */
  | { readonly kind: 'other' };

/** A quick check whether a text can contain an expression. If the check fails, the whole text is one literal. */
export const mayHaveExpressions = (text: string): boolean => text.includes('$') || text.includes('＄');

/**
 * Splits a text into its parts, in time linear in the length of the text. A `${` without a closing `}` is literal, with two exceptions. First, if no
 * space and no quote is between the unclosed `${` and a following expression, both are one expression. Second, if the unclosed `${` looks like a
 * reference to a secret, the unclosed `${` begins an expression that extends to the next space or quote. `$${` outside of an expression is a literal
 * `${`.
 */
export function partsOf(text: string): Part[] {
  if (!mayHaveExpressions(text)) return [text];
  const spans = outermostSpans(text);
  const parts: Part[] = [];
  let at = 0;
  for (const { start, end, nested } of spans) {
    if (start > at) parts.push(unescaped(text.slice(at, start)));
    parts.push({ text: text.slice(start, end), nested });
    at = end;
  }
  if (at < text.length || parts.length === 0) parts.push(unescaped(text.slice(at)));
  return parts;
}

/** Returns the expression that a complete text is. Returns undefined for another text. */
export function onlyExpression(text: string): Expression | undefined {
  const [only, ...more] = partsOf(text);
  return typeof only === 'object' && more.length === 0 ? only : undefined;
}

const unescaped = (literal: string) => literal.replaceAll('$${', '${');

interface Span {
  start: number;
  end: number;
  nested: boolean;
}

function outermostSpans(text: string): Span[] {
  const open: number[] = [];
  const closed: Span[] = [];
  MARKS.lastIndex = 0;
  for (let mark = MARKS.exec(text); mark !== null; mark = MARKS.exec(text)) {
    if (mark[0] === '$${') continue;
    if (mark[0] !== '}') {
      open.push(mark.index);
      continue;
    }
    const start = open.pop();
    if (start === undefined) continue;
    // The loop visits spans in the order of their ends. If a visited span starts after the start of the current span, the visited span is inside the
    // current span, and the loop removes the visited span.
    let nested = false;
    while ((closed.at(-1)?.start ?? -1) > start) nested = closed.pop() !== undefined;
    closed.push({ start, end: mark.index + 1, nested });
  }
  return open.length === 0 ? closed : withUnclosed(text, closed, open);
}

/**
 * Extends a span back to an unclosed `${`, if no space and no quote is between the `${` and the span. Adds spans for unclosed references to secrets.
 */
function withUnclosed(text: string, closed: readonly Span[], open: readonly number[]): Span[] {
  const spans: Span[] = [];
  let at = 0;
  /** The start of the first unclosed `${` before `from` that no space and no quote separates from `from`. */
  let start: number | undefined;
  let from = 0;
  let isMeant = false;
  const endRun = (end: number) => {
    const last = spans.at(-1);
    if (isMeant && start !== undefined) {
      if (last?.start === start) last.end = end;
      else spans.push({ start, end, nested: false });
    }
    start = undefined;
    isMeant = false;
  };
  const runTo = (to: number) => {
    const pause = start === undefined ? -1 : text.slice(from, to).search(PAUSE);
    if (pause >= 0) endRun(from + pause);
    from = to;
  };
  const openUpTo = (end: number) => {
    for (; at < open.length && (open[at] as number) < end; at++) {
      runTo(open[at] as number);
      start ??= open[at];
      MEANT_HERE.lastIndex = open[at] as number;
      const meant = MEANT_HERE.exec(text);
      if (meant === null) continue;
      isMeant = true;
      from += meant[0].length;
    }
    runTo(end);
  };
  for (const span of closed) {
    openUpTo(span.start);
    const last = spans.at(-1);
    if (start === undefined) spans.push(span);
    else if (last?.start === start) last.end = span.end;
    else spans.push({ start, end: span.end, nested: true });
    from = span.end;
  }
  openUpTo(text.length);
  endRun(text.length);
  return spans;
}

/** A space or a quote ends an unclosed expression. */
const PAUSE = /[\s"']/;

// THE RULE of docs/workflows.md: a text looks like a reference to a secret if it has, in this order, `$`, `{`, `workflow`, one or more signs, and
// `secrets` or `secret` as a complete word. Letters can be upper or lower case, and of normal width or full width. INVARIANT: no character class up
// to the word `secrets` contains `$`, and two adjacent classes have no character in common. No two match attempts therefore read the same characters,
// and the time is linear in the length of the text. Each character of FILLERS is an invisible letter.
const FILLERS = String.raw`\u115f\u1160\u3164\uffa0`;
const INVISIBLE = String.raw`\p{Default_Ignorable_Code_Point}\p{Cc}`;
const GAP = String.raw`\s${INVISIBLE}"'‘’“”${'`'}()\[\]［］`;
const DOLLAR = `[$＄][${GAP}]*[{｛]`;
const wordOf = (letters: string) =>
  [...letters].map((letter) => `[${letter}${fullWidth(letter)}]`).join(`[${INVISIBLE}]*`);
const fullWidth = (letter: string) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0);
const ARROW = '[-－](?=[>＞])';
/** Characters that are neither part of a word nor part of the punctuation of an expression. A dash is part of a word, unless the dash begins an arrow. */
const SIGNS = String.raw`(?:[^\p{L}\p{N}_＿\-－$＄{}｛｝]|[${FILLERS}]|${ARROW})`;
const WORD_GOES_ON = String.raw`(?!${ARROW}|[${FILLERS}])[\p{L}\p{N}_＿\-－]`;
const SECRETS = `(?:[{｛]|${SIGNS})*${wordOf('workflow')}${SIGNS}+${wordOf('secret')}(?:[${INVISIBLE}]*[sｓ])?(?!${WORD_GOES_ON})`;
// A secret name is the first sequence of name characters before the closing brace. Any other characters before this sequence are skipped.
const OF_NAMES = String.raw`\w＿０-９Ａ-Ｚａ-ｚ`;
const IN_NAME = `(?:[${OF_NAMES}]|(?!${ARROW})[-－])`;
const BEFORE_NAME = String.raw`[^${OF_NAMES}\-－}｝$＄]|${ARROW}`;
const NAME = `(${IN_NAME}(?:${IN_NAME}|[${INVISIBLE}])*)`;

const MARKS = new RegExp(String.raw`\$\$\{|\$\{|\}|${DOLLAR}(?=${SECRETS})`, 'giu');
const MEANT = new RegExp(DOLLAR + SECRETS, 'iu');
/** An unclosed reference includes the secret name, but does not include the beginning of another expression. */
const MEANT_HERE = new RegExp(`${DOLLAR}${SECRETS}(?:(?:${BEFORE_NAME}|(?!${DOLLAR})[$＄])*${NAME})?`, 'iuy');
/**
 * A lookahead matches the secret name, because the name can be part of a following reference. The time is linear, because each match attempt ends at
 * the first word of the following reference.
 */
const MEANT_NAMES = new RegExp(`${DOLLAR}${SECRETS}(?=(?:${BEFORE_NAME}|[$＄])*${NAME})`, 'giu');

export function meaningOf({ text, nested }: Expression): Meaning {
  if (!nested && text.startsWith(SECRET)) {
    const [, name, rest] = WELL_FORMED.exec(text) ?? [];
    const path = rest === undefined ? undefined : pathOf(rest);
    if (name !== undefined && path !== undefined) return { kind: 'secret', name, path };
  }
  if (MEANT.test(text)) return { kind: 'malformed' };
  if (nested || !text.startsWith(INPUT)) return { kind: 'other' };
  const input = /^\$\{workflow\.input((?:[.[].*)?)\}$/s.exec(text);
  const path = input?.[1] === undefined ? undefined : pathOf(input[1]);
  return path === undefined ? { kind: 'other' } : { kind: 'input', path };
}

const SECRET = '${workflow.secrets.';
const WELL_FORMED = new RegExp(String.raw`^\$\{workflow\.secrets\.(${REFERENCE_NAME})((?:[.[].*)?)\}$`, 's');
const INPUT = '${workflow.input';

/** Returns the names of secrets in a well-formed or malformed expression. */
export function namesReadIn({ text }: Expression): string[] {
  return [...text.matchAll(MEANT_NAMES)].flatMap(([, read = '']) => {
    const name = read.normalize('NFKC').replace(/[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu, '');
    return isReferenceName(name) ? [name] : [];
  });
}

/** Formats a reference to a secret. Returns undefined if the path contains a field name that no reference can contain. */
export function writtenReference(name: string, path: Path): string | undefined {
  let text = `${SECRET}${name}`;
  for (const part of path) {
    const quote = ["'", '"'].find((mark) => typeof part === 'string' && !part.includes(mark) && !/[\\{}]/.test(part));
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[^.[\]{}]+$/.test(part)) text += `.${part}`;
    else if (quote !== undefined) text += `[${quote}${part}${quote}]`;
    else return undefined;
  }
  return `${text}}`;
}

const SEGMENT = String.raw`\.[^.[\]{}]+|\[(?:0|[1-9]\d{0,8})\]|\['[^'\\{}]*'\]|\["[^"\\{}]*"\]`;
const SEGMENTS = new RegExp(SEGMENT, 'g');
const IS_PATH = new RegExp(`^(?:${SEGMENT})*$`);

/**
 * Parses a path. For example, `.field['a.b'][0]` becomes `['field', 'a.b', 0]`. Returns undefined if the text is not a path. A list position has no
 * leading zeros.
 */
export function pathOf(text: string): Path | undefined {
  if (!IS_PATH.test(text)) return undefined;
  return (text.match(SEGMENTS) ?? []).map((segment) => {
    if (segment.startsWith('.')) return segment.slice(1);
    return /^\[['"]/.test(segment) ? segment.slice(2, -2) : Number(segment.slice(1, -1));
  });
}
