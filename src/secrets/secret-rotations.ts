// Decides about new versions of secrets from data that is not locked. A rotation is one statement, which the rotations of all callers at the same moment
// share. See docs/adr/0034.
import type { Authorizer } from '../access/authorizer.ts';
import type { Decided } from '../audit/change-attempts.ts';
import type { Database } from '../database/client.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Sensitive } from '../sensitive.ts';
import { type ChangingSecret, eventSubjectOf, generateValue, MOST_VERSIONS_KEPT, type SecretView } from './secret.ts';
import type { Rotation } from './secret-service.ts';
import { findVersions } from './secret-store.ts';
import { hashOf, type SecretValues } from './secret-values.ts';
import { nextVersion } from './secret-writes.ts';

/** A decision about a secret, and the secret as the change leaves the secret. `after` is undefined if this state is not known completely. */
export type DecidedSecret<T> = Decided<T> & { after?: ChangingSecret };

/** A secret that the caller may update, with the value of its current version. */
export interface SecretToRotate {
  authorizer: Authorizer;
  secret: ChangingSecret;
}

/** These functions return undefined if only `SecretService` can decide about the change. They throw GatewayError for a refusal. */
export interface RotationDecisions {
  /** `next` is the new value, or generates the new value. */
  rotate(
    read: SecretToRotate,
    rotation: Rotation,
    next: () => Sensitive,
  ): DecidedSecret<{ secret: SecretView; changed: boolean }> | undefined;
  rollback(read: SecretToRotate, version: number): Promise<DecidedSecret<SecretView> | undefined>;
}

export function rotationDecisions({
  database,
  values,
  clock,
}: {
  database: Database;
  values: SecretValues;
  clock: Clock;
}): RotationDecisions {
  /** The decision to store `value` as the next version of the secret. `source` is the number of the version that already has this value. */
  const store = (
    { secret, authorizer }: SecretToRotate,
    value: Sensitive,
    { source, ...changes }: Record<string, unknown> & { source: number | null },
  ) => {
    const number = secret.version + 1;
    const sealed = values.seal(secret, number, value);
    const stamp = { by: authorizer.entitlements.id, now: clock.now() };
    const destroyedUpTo = number - MOST_VERSIONS_KEPT;
    const { change, secret: after } = nextVersion(secret, sealed, stamp, source);
    const event = {
      action: 'SECRET_ROTATE',
      subject: eventSubjectOf(secret, secret.name),
      version: number,
      changes: { ...changes, ...(destroyedUpTo > 0 && { destroyedUpTo }) },
      valueHash: hashOf(sealed),
    } as const;
    // The value of the result is not decrypted without a further decision.
    return { result: { ...after, sealed: null }, event, change, after };
  };

  return {
    rotate(read, { generate, expectedVersion }, next) {
      const { secret } = read;
      if (expectedVersion != null && expectedVersion !== secret.version) return undefined;
      const value = next();
      const changes = { from: secret.version, generated: generate != null };
      if (!values.holds(secret, secret.version, secret.sealed, value)) {
        const { result, ...stored } = store(read, value, { changed: true, ...changes, source: null });
        return { result: { secret: result, changed: true }, ...stored };
      }
      const subject = eventSubjectOf(secret, secret.name);
      return {
        result: { secret: { ...secret, sealed: null }, changed: false },
        event: {
          ...({ action: 'SECRET_ROTATE', subject, version: secret.version } as const),
          changes: { changed: false, ...changes },
        },
        after: secret,
      };
    },

    async rollback(read, number) {
      const { secret } = read;
      if (number < 1 || number >= secret.version) return undefined;
      const [version] = await findVersions(database.prepared, [{ secretId: secret.id, number }]);
      if (version?.sealed == null) return undefined;
      const value = values.open(secret, number, version.sealed);
      return store(read, value, { from: secret.version, rolledBackTo: number, source: number });
    },
  };
}

/** Returns the new value of a rotation, or generates the value at the first call. */
export function newValueOf({ value, generate }: Rotation): () => Sensitive {
  let made = value ?? undefined;
  // The function generates the value only after the check of the caller's access, because generating a value takes time.
  return () => {
    made ??= generateValue(generate!.length, generate!.alphabet);
    return made;
  };
}
