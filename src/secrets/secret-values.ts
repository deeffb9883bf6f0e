// Encrypts and decrypts secret values with the keyring.
import { Buffer } from 'node:buffer';
import { createHash, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Keyring } from '../crypto/keyring.ts';
import { dataKeyOf, openWith, SealError, type SecretVersionContext, sealValue } from '../crypto/sealed-value.ts';
import { Unopenable } from '../errors.ts';
import type { Uuid } from '../primitives/ids.ts';
import { Sensitive } from '../sensitive.ts';
import type { SealedVersion } from './secret.ts';

/** The secret that a value is sealed for. */
export interface SecretKey {
  /** UUID. */
  id: Uuid;
  name: string;
}

/** Encrypts and decrypts secret values. Between the APIs and the database, only this code handles an unencrypted secret value. */
export interface SecretValues {
  seal(secret: SecretKey, version: number, value: Sensitive): SealedVersion;
  /** @throws Unopenable if the encryption key is missing, or the sealed value in the database was changed */
  open(secret: SecretKey, version: number, sealed: SealedVersion): Sensitive;
  /** Whether the value of the version is equal to the argument `value`. False if the stored value cannot be decrypted. */
  holds(secret: SecretKey, version: number, sealed: SealedVersion | null, value: Sensitive): boolean;
}

export function secretValues(keyring: Keyring): SecretValues {
  const contextOf = ({ id: secretId, name }: SecretKey, version: number): SecretVersionContext => ({
    kind: 'secret-version',
    secretId,
    version,
    name,
  });
  /**
   * The data keys of sealed values that are still in memory, such as cached secrets. A data key is removed together with the object of its sealed
   * value.
   */
  const dataKeys = new WeakMap<SealedVersion, { context: SecretVersionContext; dataKey: KeyObject }>();
  /** INVARIANT: a data key is used again only for the same place, and only while the keyring contains the encryption key that wrapped it. */
  const dataKeyFor = (context: SecretVersionContext, sealed: SealedVersion): KeyObject => {
    const known = dataKeys.get(sealed);
    if (known !== undefined && isSamePlace(known.context, context) && keyring.has(sealed.keyId)) return known.dataKey;
    const dataKey = dataKeyOf(keyring, context, sealed);
    dataKeys.set(sealed, { context, dataKey });
    return dataKey;
  };
  const openBytes = (secret: SecretKey, version: number, sealed: SealedVersion): Buffer => {
    const context = contextOf(secret, version);
    try {
      return openWith(dataKeyFor(context, sealed), context, sealed);
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
        const stored = openBytes(secret, version, sealed);
        const given = Buffer.from(value.expose(), 'utf8');
        return stored.length === given.length && timingSafeEqual(stored, given);
      } catch (error) {
        if (error instanceof Unopenable) return false;
        throw error;
      }
    },
  };
}

function isSamePlace(one: SecretVersionContext, other: SecretVersionContext): boolean {
  return one.secretId === other.secretId && one.version === other.version && one.name === other.name;
}

/** Returns the hash that the audit log contains for a value: the SHA-256 of the sealed value, in hex. */
export function hashOf({ ciphertext }: Pick<SealedVersion, 'ciphertext'>): string {
  return createHash('sha256').update(ciphertext).digest('hex');
}
