/** Generates `length` characters out of at most 256 `characters`, each with the same probability. `fill` is a cryptographic random source. */
export function randomText(
  characters: string,
  length: number,
  fill: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => crypto.getRandomValues(bytes),
): string {
  // Bytes above the largest multiple of the number of characters would bias the result: skip them.
  const limit = 256 - (256 % characters.length);
  const bytes = new Uint8Array(64);
  let made = '';
  while (made.length < length) {
    fill(bytes);
    for (const byte of bytes) if (byte < limit && made.length < length) made += characters[byte % characters.length];
  }
  return made;
}
