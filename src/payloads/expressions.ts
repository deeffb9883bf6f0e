// What stands in a text between `${` and `}`.

/** `${…}`, outermost. */
export interface Expression {
  /** All of it, as it is written. */
  readonly text: string;
  /** Whether another `${…}` stands within it. */
  readonly nested: boolean;
}

/** A text in parts: literals, in which `$${` has become `${`, and expressions. No two literals stand side by side. */
export type Part = string | Expression;

/** Which value an expression asks for: members of objects by name, items of lists by position. */
export type Path = readonly (string | number)[];

export type Meaning =
  /** `${workflow.secrets.NAME…}` */
  | { readonly kind: 'secret'; readonly name: string; readonly path: Path }
  /** It has to do with secrets, and is no reference: nested, or without a name. */
  | { readonly kind: 'malformed' }
  /** `${workflow.input…}` */
  | { readonly kind: 'input'; readonly path: Path }
  /** Somebody else's. */
  | { readonly kind: 'other' };

/**
 * Cuts a text into its parts, in time linear in its length. What is never closed is literal, unless it runs into an expression without a
 * space or a quote: then it was meant to go around it, and the two are one. `$${` is a literal `${` wherever it does not stand within an
 * expression.
 */
export function partsOf(text: string): Part[] {
  if (!text.includes('${')) return [text];
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

const unescaped = (literal: string) => literal.replaceAll('$${', '${');

interface Span {
  start: number;
  end: number;
  nested: boolean;
}

function outermostSpans(text: string): Span[] {
  const open: number[] = [];
  const closed: Span[] = [];
  const marks = /\$\$\{|\$\{|\}/g;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '${') open.push(mark.index);
    if (mark[0] !== '}') continue;
    const start = open.pop();
    if (start === undefined) continue;
    // Spans close in the order of their ends: what began after this one stands within it, and goes for good.
    let nested = false;
    while ((closed.at(-1)?.start ?? -1) > start) nested = closed.pop() !== undefined;
    closed.push({ start, end: mark.index + 1, nested });
  }
  return open.length === 0 ? closed : withUnclosed(text, closed, open);
}

/** The spans; those that a `${` which is never closed runs into begin with it. */
function withUnclosed(text: string, closed: readonly Span[], open: readonly number[]): Span[] {
  const spans: Span[] = [];
  let at = 0;
  /** Of the first `${` that has run on up to `from`. */
  let start: number | undefined;
  let from = 0;
  const runTo = (to: number) => {
    if (PAUSE.test(text.slice(from, to))) start = undefined;
    from = to;
  };
  for (const span of closed) {
    for (; (open[at] ?? span.start) < span.start; at++) {
      runTo(open[at] as number);
      start ??= open[at];
    }
    runTo(span.start);
    const last = spans.at(-1);
    if (start === undefined) spans.push(span);
    else if (last?.start === start) last.end = span.end;
    else spans.push({ start, end: span.end, nested: true });
    from = span.end;
  }
  return spans;
}

/** What stands in no expression that somebody forgot to close. */
const PAUSE = /[\s"']/;

const OF_SECRETS = /\$\{workflow\.secrets(?![\w-])/;

export function meaningOf({ text, nested }: Expression): Meaning {
  if (nested) return { kind: OF_SECRETS.test(text) ? 'malformed' : 'other' };
  if (OF_SECRETS.test(text)) {
    const [, name, rest] = /^\$\{workflow\.secrets\.([\w-]{1,255})((?:[.[].*)?)\}$/s.exec(text) ?? [];
    const path = rest === undefined ? undefined : pathOf(rest);
    if (name === undefined || path === undefined) return { kind: 'malformed' };
    return { kind: 'secret', name, path };
  }
  const input = /^\$\{workflow\.input((?:[.[].*)?)\}$/s.exec(text);
  const path = input?.[1] === undefined ? undefined : pathOf(input[1]);
  return path === undefined ? { kind: 'other' } : { kind: 'input', path };
}

/** `.field.inner[0]` as `['field', 'inner', 0]`; undefined if it is no path. Each position is written in one way. */
function pathOf(text: string): Path | undefined {
  if (!/^(?:\.[^.[\]{}]+|\[(?:0|[1-9]\d{0,8})\])*$/.test(text)) return undefined;
  return [...text.matchAll(/\.([^.[\]{}]+)|\[(\d+)\]/g)].map(([, field, index]) => field ?? Number(index));
}
