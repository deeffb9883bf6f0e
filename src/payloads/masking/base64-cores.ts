// Computes the base64 characters that given bytes produce when unknown bytes precede and follow them.
import { Buffer } from 'node:buffer';

/** The base64 characters that depend on the given bytes only. */
export interface Base64Core {
  /** The characters, or only the first ones if `base64Cores` was called with a smaller `most`. */
  readonly text: string;
  /** The number of characters without that limit. */
  readonly length: number;
  /** The number of characters before the core, 0 or 1, that contain bits of the given bytes. */
  readonly before: number;
  /** The number of characters after the core, 0 or 1, that contain bits of the given bytes. */
  readonly after: number;
}

/**
 * Returns a core for each of the three offsets at which `bytes` can begin in a group of three bytes. If the URL-safe alphabet changes a core, that
 * variant is returned too. The `text` of a core covers only the first `most` bytes.
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
