// Base64 of bytes that stand among others, of which nothing is known.
import { Buffer } from 'node:buffer';

/** What bytes alone decide of their base64. */
export interface Base64Core {
  /** Its beginning, if less than all was asked for. */
  readonly text: string;
  /** Characters of all of it. */
  readonly length: number;
  /** How many characters before it, or after it, have some of their bits: one or none. */
  readonly before: number;
  readonly after: number;
}

/** One for each place in a group of three in which they may begin, of their first `most` bytes; in the letters for URLs as well where they differ. */
export function base64Cores(bytes: Buffer, most: number): Base64Core[] {
  const count = Math.min(most, bytes.length);
  const among = Buffer.alloc(2 + count);
  bytes.copy(among, 2, 0, count);
  const cores: Base64Core[] = [];
  for (const skipped of [0, 1, 2]) {
    const core = {
      text: among.toString('base64', 2 - skipped).slice(startOf(skipped), endOf(skipped + count)),
      length: endOf(skipped + bytes.length) - startOf(skipped),
      before: skipped > 0 ? 1 : 0,
      after: (skipped + bytes.length) % 3 > 0 ? 1 : 0,
    };
    cores.push(core);
    if (/[+/]/.test(core.text)) cores.push({ ...core, text: core.text.replaceAll('+', '-').replaceAll('/', '_') });
  }
  return cores;
}

/** The first character that has bits of nothing before so many bytes; the end of those that have bits of nothing after them. */
const startOf = (bytes: number) => Math.ceil((bytes * 8) / 6);
const endOf = (bytes: number) => Math.floor((bytes * 8) / 6);
