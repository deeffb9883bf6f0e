/** `length` of these characters, each equally likely; at most 256 of them. `fill` is a cryptographic source. */
export function randomText(
  characters: string,
  length: number,
  fill: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => crypto.getRandomValues(bytes),
): string {
  // A byte beyond the last whole multiple would make some characters likelier than others: those are passed over.
  const limit = 256 - (256 % characters.length);
  const bytes = new Uint8Array(64);
  let made = '';
  while (made.length < length) {
    fill(bytes);
    for (const byte of bytes) if (byte < limit && made.length < length) made += characters[byte % characters.length];
  }
  return made;
}
