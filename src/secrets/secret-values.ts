import { Buffer } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Keyring } from '../crypto/keyring.ts';
import { openValue, SealError, sealValue } from '../crypto/sealed-value.ts';
import { Unopenable } from '../errors.ts';
import { Sensitive } from '../sensitive.ts';
import type { SealedVersion } from './secret.ts';

/** The secret that a value is sealed for. */
export interface SecretKey {
  /** UUID. */
  id: string;
  name: string;
}

/** Seals and opens the values of secrets: the only place where one is in the clear between the edge and the database. */
export interface SecretValues {
  seal(secret: SecretKey, version: number, value: Sensitive): SealedVersion;
  /** @throws Unopenable if the key is missing or the row is not what was sealed */
  open(secret: SecretKey, version: number, sealed: SealedVersion): Sensitive;
  /** Whether the version holds this value. One that does not open holds none. */
  holds(secret: SecretKey, version: number, sealed: SealedVersion | null, value: Sensitive): boolean;
}

export function secretValues(keyring: Keyring): SecretValues {
  const contextOf = ({ id: secretId, name }: SecretKey, version: number) =>
    ({ kind: 'secret-version', secretId, version, name }) as const;
  const openBytes = (secret: SecretKey, version: number, sealed: SealedVersion): Buffer => {
    try {
      return openValue(keyring, contextOf(secret, version), sealed);
    } catch (error) {
      if (error instanceof SealError) throw new Unopenable(error.message, error.keyId);
      throw error;
    }
  };
  return {
    seal(secret, version, value) {
      const bytes = Buffer.from(value.expose(), 'utf8');
      const sealed = sealValue(keyring, contextOf(secret, version), bytes);
      bytes.fill(0);
      return sealed;
    },
    open: (secret, version, sealed) => new Sensitive(openBytes(secret, version, sealed).toString('utf8')),
    holds(secret, version, sealed, value) {
      if (sealed === null) return false;
      try {
        const held = openBytes(secret, version, sealed);
        const asked = Buffer.from(value.expose(), 'utf8');
        return held.length === asked.length && timingSafeEqual(held, asked);
      } catch (error) {
        if (error instanceof Unopenable) return false;
        throw error;
      }
    },
  };
}

/** What the audit log tells of a value: SHA-256 of it as it is sealed, in hex. */
export function hashOf({ ciphertext }: Pick<SealedVersion, 'ciphertext'>): string {
  return createHash('sha256').update(ciphertext).digest('hex');
}
