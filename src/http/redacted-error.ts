// What the log says of an error that nobody foresaw: its class, its message and its frames, without a word of what the
// caller sent. Libraries quote their input in messages, so the message is held against the input first.

const MESSAGE_LIMIT = 2_000;
const OVERLAP = 8;
const HEAD = 4;
/** What JSON writes in another way. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;
const FRAME = /^\s+at .*(?::\d+:\d+\)?|\(<anonymous>\)|\(native\))$/;

export interface DescribedError {
  name: string;
  message: string;
  /** A library's own code, such as `ECONNREFUSED` or an SQLSTATE. */
  code?: string;
  frames: string[];
  cause?: DescribedError;
}

/** `error` for the log. `redact` takes the request's input out of every text. */
export function describe(error: unknown, redact: (text: string) => string, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { name: typeof error, message: '', frames: [] };
  const { code } = error as { code?: unknown };
  return {
    name: redact(error.name),
    message: redact(error.message.slice(0, MESSAGE_LIMIT)),
    ...(typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code) && { code: redact(code) }),
    frames: redact(framesOf(error).join('\n')).split('\n'),
    ...(error.cause !== undefined && depth < 4 && { cause: describe(error.cause, redact, depth + 1) }),
  };
}

/** The stack without its head, which repeats the message: a message of several lines must not pass for frames. */
function framesOf(error: Error): string[] {
  const stack = error.stack ?? '';
  const end = error.message === '' ? -1 : stack.indexOf(error.message);
  return stack
    .slice(end < 0 ? 0 : end + error.message.length)
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, 30)
    .map((line) => line.trim());
}

/**
 * Takes `inputs` out of a text: each that is 4 characters or longer, as it is or escaped as in JSON, and whatever 8
 * characters or more a text has in common with one, since messages cut what they quote.
 */
export function redactor(inputs: Iterable<string>): (text: string) => string {
  const known = new Set<string>();
  for (const input of inputs) {
    if (input.length < HEAD) continue;
    known.add(input);
    if (ESCAPED.test(input)) known.add(JSON.stringify(input).slice(1, -1));
  }
  return (text) => {
    if (text.length < 4 || known.size === 0) return text;
    const hidden = new Uint8Array(text.length);
    const grams = gramsOf(text);
    const marks = marksOf(text);
    const heads = headsOf(text);
    for (const input of known) {
      // A body has a hundred thousand words, of which next to none begins anywhere in the text.
      if (heads.has(input.slice(0, HEAD))) hide(text, input, hidden);
      hideOverlap(input, grams, marks, hidden);
    }
    return without(text, hidden);
  };
}

function headsOf(text: string): Set<string> {
  const heads = new Set<string>();
  for (let at = 0; at + HEAD <= text.length; at++) heads.add(text.slice(at, at + HEAD));
  return heads;
}

function hide(text: string, input: string, hidden: Uint8Array): void {
  for (let at = text.indexOf(input); at >= 0; at = text.indexOf(input, at + 1)) hidden.fill(1, at, at + input.length);
}

function gramsOf(text: string): Map<string, number[]> {
  const grams = new Map<string, number[]>();
  for (let at = 0; at + OVERLAP <= text.length; at++) {
    const gram = text.slice(at, at + OVERLAP);
    const places = grams.get(gram);
    if (places) places.push(at);
    else grams.set(gram, [at]);
  }
  return grams;
}

/** Three characters of a gram in 16 bits: most places of an input are none of the text's, and that is found out without a copy. */
const markAt = (text: string, at: number) =>
  (text.charCodeAt(at) * 4_099 + text.charCodeAt(at + 3) * 61 + text.charCodeAt(at + OVERLAP - 1)) & 0xffff;

function marksOf(text: string): Uint8Array {
  const marks = new Uint8Array(0x10000);
  for (let at = 0; at + OVERLAP <= text.length; at++) marks[markAt(text, at)] = 1;
  return marks;
}

function hideOverlap(input: string, grams: Map<string, number[]>, marks: Uint8Array, hidden: Uint8Array): void {
  if (grams.size === 0) return;
  for (let at = 0; at + OVERLAP <= input.length; at++) {
    if (!marks[markAt(input, at)]) continue;
    for (const place of grams.get(input.slice(at, at + OVERLAP)) ?? []) hidden.fill(1, place, place + OVERLAP);
  }
}

function without(text: string, hidden: Uint8Array): string {
  let shown = '';
  for (let at = 0; at < text.length; at++) {
    if (!hidden[at]) shown += text[at];
    else if (!hidden[at - 1]) shown += '…';
  }
  return shown;
}
