// Computes the base64 characters that encode some bytes inside longer data. The bytes before and after these bytes are unknown.
import { Buffer } from 'node:buffer';

/** The base64 characters that depend on the given bytes only. */
export interface Base64Core {
  /** The base64 characters. If `base64Cores` was called with `most`, only the characters of the first `most` bytes. */
  readonly text: string;
  /** The number of base64 characters for all given bytes, without the limit `most`. */
  readonly length: number;
  /** The number of characters before the core, 0 or 1, that contain bits of the given bytes. */
  readonly before: number;
  /** The number of characters after the core, 0 or 1, that contain bits of the given bytes. */
  readonly after: number;
}

/**
 * Returns one core for each of the three offsets at which `bytes` can begin in a group of three bytes. If a core has different characters in the
 * URL-safe alphabet, the URL-safe core is returned too. The `text` of a core covers only the first `most` bytes.
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

/** The index of the first base64 character without bits of the first `bytes` bytes. */
const startOf = (bytes: number) => Math.ceil((bytes * 8) / 6);
/** The number of base64 characters that contain bits of the first `bytes` bytes only. */
const endOf = (bytes: number) => Math.floor((bytes * 8) / 6);
