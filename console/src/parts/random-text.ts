/**
 * Generates a text of `length` characters. Each of the at most 256 `characters` has the same probability. `fill` is a cryptographic random
 * source.
 */
export function randomText(
  characters: string,
  length: number,
  fill: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => crypto.getRandomValues(bytes),
): string {
  // Skip every byte that is not less than the largest multiple of the number of characters. Such bytes would make some characters more
  // probable than others.
  const limit = 256 - (256 % characters.length);
  const bytes = new Uint8Array(64);
  let made = '';
  while (made.length < length) {
    fill(bytes);
    for (const byte of bytes) if (byte < limit && made.length < length) made += characters[byte % characters.length];
  }
  return made;
}
