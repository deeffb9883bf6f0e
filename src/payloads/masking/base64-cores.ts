// Computes the base64 characters that encode some bytes inside longer data. The bytes before and after these bytes are unknown.
import { Buffer } from 'node:buffer';

/** A core: the base64 characters that depend only on the input bytes, not on the unknown bytes before and after the input bytes. */
export interface Base64Core {
  /** The base64 characters of the core. If the caller passed the limit `most`, the text contains only the characters of the first `most` bytes. */
  readonly text: string;
  /** The number of base64 characters in the core of all input bytes. The limit `most` does not affect this number. */
  readonly length: number;
  /** The number of base64 characters directly before the core that contain bits of the input bytes. The number is 0 or 1. */
  readonly before: number;
  /** The number of base64 characters directly after the core that contain bits of the input bytes. The number is 0 or 1. */
  readonly after: number;
}

/**
 * Base64 encodes groups of three bytes. The function returns one core for each of the three offsets at which `bytes` can begin in a group. If the
 * URL-safe base64 alphabet changes characters of a core, the function also returns the URL-safe core. The `text` of a core covers only the first
 * `most` bytes.
 */
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

/** Returns the index of the first base64 character that contains no bits of the first `bytes` bytes. */
const startOf = (bytes: number) => Math.ceil((bytes * 8) / 6);
/** Returns the number of base64 characters that contain only bits of the first `bytes` bytes. */
const endOf = (bytes: number) => Math.floor((bytes * 8) / 6);
