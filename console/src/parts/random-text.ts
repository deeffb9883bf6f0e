/**
 * Generates a random text of `length` characters. All characters in `characters` have the same probability. `characters` contains at most
 * 256 characters. `fill` fills an array with cryptographically secure random bytes.
 */
export function randomText(
  characters: string,
  length: number,
  fill: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => crypto.getRandomValues(bytes),
): string {
  // `limit` is the largest multiple of the number of characters that is not above 256. The loop skips every random byte that is not below
  // `limit`, because such a byte would make some characters more probable than others.
  const limit = 256 - (256 % characters.length);
  const bytes = new Uint8Array(64);
  let made = '';
  while (made.length < length) {
    fill(bytes);
    for (const byte of bytes) if (byte < limit && made.length < length) made += characters[byte % characters.length];
  }
  return made;
}
