// Describes an unexpected error for the log: the class, the message and the stack frames of the error. Libraries quote their input in error messages,
// so the description omits the request's input.

const MESSAGE_LIMIT = 2_000;
const OVERLAP_LENGTH = 8;
const HEAD_LENGTH = 4;
/** Matches the characters that JSON escapes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern searches for them
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/;
const FRAME = /^\s+at .*(?::\d+:\d+\)?|\(<anonymous>\)|\(native\))$/;

export interface DescribedError {
  name: string;
  message: string;
  /** The error code of Node or of a library, such as `ECONNREFUSED` or an SQLSTATE. */
  code?: string;
  frames: string[];
  cause?: DescribedError;
}

/** Describes `error` for the log. The function `redact` removes the request's input from every text of the description. */
export function describeError(error: unknown, redact: (text: string) => string, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { name: typeof error, message: '', frames: [] };
  const { code } = error as { code?: unknown };
  return {
    name: redact(error.name),
    message: redact(error.message.slice(0, MESSAGE_LIMIT)),
    ...(typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code) && { code: redact(code) }),
    frames: redact(framesOf(error).join('\n')).split('\n'),
    ...(error.cause !== undefined && depth < 4 && { cause: describeError(error.cause, redact, depth + 1) }),
  };
}

/**
 * Returns the stack frames of an error. The function removes the first part of the stack, which repeats the error message. The reason is that a
 * message with several lines could look like stack frames.
 */
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
 * Returns a function that removes `inputs` from a text. The function removes each input of at least 4 characters, both in unchanged form and in
 * JSON-escaped form. The function also removes every part of at least 8 characters that occurs both in the text and in an input, because error
 * messages often quote only a part of an input.
 */
export function createRedactor(inputs: Iterable<string>): (text: string) => string {
  const texts = new Set<string>();
  for (const input of inputs) {
    if (input.length < HEAD_LENGTH) continue;
    texts.add(input);
    if (NEEDS_ESCAPE.test(input)) texts.add(JSON.stringify(input).slice(1, -1));
  }
  return (text) => {
    if (text.length < 4 || texts.size === 0) return text;
    const hidden = new Uint8Array(text.length);
    const grams = gramsOf(text);
    const marks = marksOf(text);
    const heads = headsOf(text);
    for (const input of texts) {
      // A request body can have a hundred thousand words. This check is a fast way to skip the words whose first four characters do not occur in the
      // text.
      if (heads.has(input.slice(0, HEAD_LENGTH))) hide(text, input, hidden);
      hideOverlap(input, grams, marks, hidden);
    }
    return without(text, hidden);
  };
}

function headsOf(text: string): Set<string> {
  const heads = new Set<string>();
  for (let at = 0; at + HEAD_LENGTH <= text.length; at++) heads.add(text.slice(at, at + HEAD_LENGTH));
  return heads;
}

function hide(text: string, input: string, hidden: Uint8Array): void {
  for (let at = text.indexOf(input); at >= 0; at = text.indexOf(input, at + 1)) hidden.fill(1, at, at + input.length);
}

function gramsOf(text: string): Map<string, number[]> {
  const grams = new Map<string, number[]>();
  for (let at = 0; at + OVERLAP_LENGTH <= text.length; at++) {
    const gram = text.slice(at, at + OVERLAP_LENGTH);
    const places = grams.get(gram);
    if (places) places.push(at);
    else grams.set(gram, [at]);
  }
  return grams;
}

/** A 16-bit hash of three characters of a text. With this hash, the search excludes most positions of an input without copying a substring. */
const markAt = (text: string, at: number) =>
  (text.charCodeAt(at) * 4_099 + text.charCodeAt(at + 3) * 61 + text.charCodeAt(at + OVERLAP_LENGTH - 1)) & 0xffff;

function marksOf(text: string): Uint8Array {
  const marks = new Uint8Array(0x10000);
  for (let at = 0; at + OVERLAP_LENGTH <= text.length; at++) marks[markAt(text, at)] = 1;
  return marks;
}

function hideOverlap(input: string, grams: Map<string, number[]>, marks: Uint8Array, hidden: Uint8Array): void {
  if (grams.size === 0) return;
  for (let at = 0; at + OVERLAP_LENGTH <= input.length; at++) {
    if (!marks[markAt(input, at)]) continue;
    for (const place of grams.get(input.slice(at, at + OVERLAP_LENGTH)) ?? [])
      hidden.fill(1, place, place + OVERLAP_LENGTH);
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
