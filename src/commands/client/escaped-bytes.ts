// Converts the output of a program to text and back without a change, even if the output is not UTF-8.
import { isUtf8 } from 'node:buffer';

/** Decodes UTF-8. A byte that is not part of a character becomes a lone surrogate: the byte 0x80 becomes U+DC80. */
export function textOfBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = at;
    while (end < bytes.length) {
      const length = characterLength(bytes, end);
      if (length === 0) break;
      end += length;
    }
    parts.push(bytes.toString('utf8', at, end));
    if (end < bytes.length) parts.push(String.fromCharCode(0xdc00 + (bytes[end] as number)));
    at = end + 1;
  }
  return parts.join('');
}

export function bytesOfText(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  let at = 0;
  for (const { 0: byte, index } of text.matchAll(/(?<![\ud800-\udbff])[\udc80-\udcff]/g)) {
    parts.push(Buffer.from(text.slice(at, index), 'utf8'), Buffer.from([byte.charCodeAt(0) - 0xdc00]));
    at = index + 1;
  }
  return Buffer.concat([...parts, Buffer.from(text.slice(at), 'utf8')]);
}

/** Returns the number of bytes at the end of `bytes` that can be the start of a character. */
export function incompleteLength(bytes: Buffer): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const first = bytes[bytes.length - length] as number;
    if (first >= 0xc0) return length < expectedLength(first) ? length : 0;
    if (first < 0x80) return 0;
  }
  return 0;
}

const expectedLength = (first: number) => (first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2);

/** Returns the length in bytes of the character at `at`, or 0 if there is no complete character. */
function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = expectedLength(first);
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
