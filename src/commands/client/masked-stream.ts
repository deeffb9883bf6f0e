// Masks secret values in the output of a program while the program runs.
import { Transform, type TransformCallback } from 'node:stream';
import { hiddenSpans, isWholeText } from '../../payloads/masking/hidden-spans.ts';
import { completed } from '../../payloads/masking/masking.ts';
import { indexOfValues, type ValueIndex } from '../../payloads/masking/value-index.ts';
import { MASK } from '../../sensitive.ts';
import { bytesOfText, incompleteLength, textOfBytes } from './escaped-bytes.ts';

/** The characters before the new output that are searched together with the new output, so that a value in several lines is found. */
const CONTEXT = 8_192;
/** A longer line is printed in parts. */
const LONGEST_LINE = 65_536;
/** An encoded value has at most this number of characters for each character of the value. */
const LONGEST_ENCODING = 6;
/** The maximum work of one search, in compared characters. */
const MOST_WORK = 100_000_000;

export interface OutputMasker {
  /** Returns a stream that prints its input with `***` in place of the values. */
  stream(): Transform;
}

export function outputMasker(values: readonly string[]): OutputMasker {
  const index = completed(indexOfValues(values));
  const inLines = values.map((value) => value.trim().split(LINE_END)).filter(({ length }) => length > 1);
  const longest = Math.max(0, ...values.map(({ length }) => length));
  return { stream: () => new MaskedStream(index, inLines, longest * LONGEST_ENCODING) };
}

const LINE_END = /\r\n|\n|\r/;
const LINE = /[^\r\n]*(?:\r\n|\n|\r)/g;

/**
 * Holds output back until a line ends, because the rest of the line can complete a value. Also holds back lines that can be the beginning of a value
 * with several lines.
 */
class MaskedStream extends Transform {
  readonly #index: ValueIndex;
  /** The lines of each value that has several lines. */
  readonly #inLines: readonly (readonly string[])[];
  /** The number of characters of a long line that are held back. */
  readonly #overlap: number;
  #bytes: Buffer = Buffer.alloc(0);
  #context = '';
  #held = '';

  constructor(index: ValueIndex, inLines: readonly (readonly string[])[], overlap: number) {
    super();
    this.#index = index;
    this.#inLines = inLines;
    this.#overlap = overlap;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const end = bytes.length - incompleteLength(bytes);
    this.#bytes = bytes.subarray(end);
    this.#held += textOfBytes(bytes.subarray(0, end));
    // A line feed can follow a carriage return at the end.
    const before = this.#held.length - (this.#held.endsWith('\r') ? 2 : 1);
    const complete = Math.max(this.#held.lastIndexOf('\n'), this.#held.lastIndexOf('\r', before)) + 1;
    const ready = complete - this.#beginning(this.#held.slice(0, complete));
    if (ready > 0) this.#print(ready);
    else if (this.#held.length > LONGEST_LINE + 2 * this.#overlap) this.#print(this.#held.length - this.#overlap);
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#held += textOfBytes(this.#bytes);
    if (this.#held !== '') this.#print(this.#held.length);
    done();
  }

  /** Returns the length of the lines at the end of `text` that can be the beginning of a value with several lines. */
  #beginning(text: string): number {
    if (this.#inLines.length === 0) return 0;
    const lines = text.match(LINE) ?? [];
    const bare = lines.map((line) => line.replace(LINE_END, ''));
    /** Returns whether the last `count` lines are the first lines of a value. Text can precede the value in its first line. */
    const isBeginning = (value: readonly string[], count: number) => {
      for (let i = 1; i < count; i++) if (bare[bare.length - i] !== value[count - i]) return false;
      return bare[bare.length - count]?.endsWith(value[0] as string) === true;
    };
    let held = 0;
    for (const value of this.#inLines)
      for (let count = Math.min(value.length - 1, lines.length); count > held; count--)
        if (isBeginning(value, count)) held = count;
    return lines.slice(lines.length - held).join('').length;
  }

  /** Prints the first characters of the held text, with masks. Prints fewer characters if a value crosses the end of these characters. */
  #print(length: number): void {
    const text = this.#context + this.#held;
    const from = this.#context.length;
    let to = from + length;
    const spans = hiddenSpans(text, [this.#index], { left: MOST_WORK });
    const crossing = to === text.length ? undefined : spans.find(({ start, end }) => start < to && end > to);
    // A mask in the middle of a line would otherwise be printed twice.
    if (crossing !== undefined && crossing.start > from) to = crossing.start;
    if (to < text.length && /[\ud800-\udbff]/.test(text[to - 1] as string)) to--;
    const parts: string[] = [];
    let at = from;
    for (const { start, end } of spans) {
      if (end <= from || start >= to) continue;
      parts.push(text.slice(at, Math.max(at, start)), MASK);
      at = Math.min(end, to);
    }
    parts.push(text.slice(at, to));
    this.push(bytesOfText(this.#withoutWholeLines(parts.join(''))));
    this.#held = text.slice(to);
    this.#context = text.slice(Math.max(0, to - CONTEXT), to);
  }

  /** Some short values are masked only if they are a complete line. */
  #withoutWholeLines(text: string): string {
    if (this.#index.longestWhole === 0) return text;
    return text.replace(/[^\r\n]+/g, (line) => (isWholeText(line, [this.#index]) ? MASK : line));
  }
}
