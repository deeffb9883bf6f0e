import type { SealError } from '../crypto/sealed-value.ts';

/** Says why a stored value cannot be decrypted with the encryption key `keyId`. */
export function sealProblem(reason: SealError['reason'], keyId: string): string {
  const problem =
    reason === 'MISSING_KEY'
      ? 'the keyring does not contain'
      : 'the value was changed or moved, or was not sealed under';
  return `${problem} encryption key ${keyId}`;
}
