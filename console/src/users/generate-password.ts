/** Without what looks alike: 0 O 1 l I. */
export const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** A password of `length` characters, each equally likely: 5.83 bits a character, 140 bits for 24. `fill` is a cryptographic source. */
export function generatePassword(
  length = 24,
  fill: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => crypto.getRandomValues(bytes),
): string {
  // A byte beyond the last whole multiple would make some characters likelier than others: those are passed over.
  const limit = 256 - (256 % ALPHABET.length);
  const bytes = new Uint8Array(64);
  let made = '';
  while (made.length < length) {
    fill(bytes);
    for (const byte of bytes) if (byte < limit && made.length < length) made += ALPHABET[byte % ALPHABET.length];
  }
  return made;
}
