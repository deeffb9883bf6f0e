// Stores new values of existing secrets for one caller. A rotation needs one read of the secret and one statement, which the rotations of all callers
// at the same moment share. See docs/adr/0034.
import type { Authorizer } from '../access/authorizer.ts';
import { type Change, Stale } from '../audit/as-of.ts';
import type { NewEvent } from '../audit/audit-event.ts';
import type { Database } from '../database/client.ts';
import { GatewayError, Unopenable } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Sensitive } from '../sensitive.ts';
import {
  type ChangingSecret,
  eventSubjectOf,
  generateValue,
  isGeneratedLength,
  isSecretName,
  MOST_VERSIONS_KEPT,
  type SecretView,
} from './secret.ts';
import type { Rotation, SecretService } from './secret-service.ts';
import { findVersions, waitForLock } from './secret-store.ts';
import { hashOf, type SecretValues } from './secret-values.ts';
import { nextVersion } from './secret-writes.ts';

/** A secret that was read for a change, and the caller's entitlements of the same moment. */
export interface ReadToChange {
  authorizer: Authorizer;
  /** Undefined if the caller does not see the secret or has no UPDATE. */
  secret: ChangingSecret | undefined;
  /**
   * Makes the change and commits its event, if the secret and the entitlements are still current. The entitlements of the session are then confirmed.
   * `after` is the secret as the change leaves the secret. @throws Stale, Unavailable
   */
  commit(event: NewEvent, change: Change | undefined, after: ChangingSecret): Promise<void>;
}

/** The part of a session that changes secrets by name. */
export interface ChangingSession {
  /** Reads a secret by name for a change. With `fresh`, always sends a statement. @throws Unauthenticated, Unavailable */
  readToChange(name: string, fresh: boolean): Promise<ReadToChange>;
  /** Confirms the session's entitlements again. @throws Unauthenticated, Unavailable */
  recheck(): Promise<void>;
  /** @throws Error before the entitlements are confirmed */
  readonly secrets: SecretService;
}

/** These methods do the same as the methods of `SecretService` with these names. They need no confirmed session, and confirm the session. */
export type SecretRotations = Pick<SecretService, 'put' | 'rotate' | 'rollback'>;

/** Maximum number of attempts at one rotation. An attempt fails if the data of its decision changes before the attempt commits. */
const MOST_TRIES = 3;

/** A rotation that can be committed. */
interface Decision {
  event: NewEvent;
  change?: Change;
  secret: ChangingSecret;
}

export function secretRotations({
  session,
  database,
  values,
  clock,
}: {
  session: ChangingSession;
  database: Database;
  values: SecretValues;
  clock: Clock;
}): SecretRotations {
  /**
   * Reads the secret and calls `decide`. Commits the decision as of the state that was read. Returns undefined if `decide` returns undefined, and if
   * other transactions change the secret during each attempt. The caller then uses `SecretService`, which locks the secret and decides by the same
   * rules. INVARIANT: only `SecretService` refuses a change, and only `SecretService` records a refusal.
   */
  const attempt = async (
    name: string,
    decide: (secret: ChangingSecret, authorizer: Authorizer) => Promise<Decision | undefined>,
  ): Promise<{ secret: SecretView; changed: boolean } | undefined> => {
    if (!isSecretName(name)) return undefined;
    let stale: SecretView | undefined;
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      // INVARIANT: the wait for another transaction ends before the decision, so that the decision uses what this transaction changed.
      if (stale !== undefined) await waitForLock(database.prepared, stale.id);
      const { authorizer, secret, commit } = await session.readToChange(name, stale !== undefined);
      // Without the value of the current version, the hashes of the oldest values are unknown. Only a change by SQL removes this value.
      if (secret === undefined || secret.sealed === null) return undefined;
      const decision = await decide(secret, authorizer);
      if (decision === undefined) return undefined;
      try {
        await commit(decision.event, decision.change, decision.secret);
        // The value of the result is not decrypted without a further decision.
        return { secret: { ...decision.secret, sealed: null }, changed: decision.change !== undefined };
      } catch (error) {
        if (error instanceof GatewayError) throw error;
        // The database refused the statement and changed nothing. `SecretService` finds out whether the change or the audit log is at fault.
        if (!(error instanceof Stale)) return undefined;
        stale = secret;
      }
    }
    return undefined;
  };

  /** The decision to store `value` as the next version of the secret. `source` is the number of the version that already has this value. */
  const store = (
    secret: ChangingSecret,
    authorizer: Authorizer,
    value: Sensitive,
    { source, ...changes }: Record<string, unknown> & { source: number | null },
  ): Decision => {
    const number = secret.version + 1;
    const sealed = values.seal(secret, number, value);
    const stamp = { by: authorizer.entitlements.id, now: clock.now() };
    const destroyedUpTo = number - MOST_VERSIONS_KEPT;
    return {
      ...nextVersion(secret, sealed, stamp, source),
      event: {
        action: 'SECRET_ROTATE',
        subject: eventSubjectOf(secret, secret.name),
        version: number,
        changes: { ...changes, ...(destroyedUpTo > 0 && { destroyedUpTo }) },
        valueHash: hashOf(sealed),
      },
    };
  };

  const rotate = ({ name, value, generate, expectedVersion }: Rotation) => {
    let next = value ?? undefined;
    return attempt(name, async (secret, authorizer) => {
      if (expectedVersion != null && expectedVersion !== secret.version) return undefined;
      next ??= generateValue(generate!.length, generate!.alphabet);
      const changes = { from: secret.version, generated: generate != null };
      if (!values.holds(secret, secret.version, secret.sealed, next))
        return store(secret, authorizer, next, { changed: true, ...changes, source: null });
      const subject = eventSubjectOf(secret, secret.name);
      const event = { action: 'SECRET_ROTATE', subject, version: secret.version } as const;
      return { event: { ...event, changes: { changed: false, ...changes } }, secret };
    });
  };

  const locking = async (): Promise<SecretService> => {
    await session.recheck();
    return session.secrets;
  };

  return {
    async put(name, value, field) {
      return (await rotate({ name, value })) ?? (await locking()).put(name, value, field);
    },

    async rotate(rotation) {
      const { value, generate } = rotation;
      const isValid = value == null ? generate != null && isGeneratedLength(generate.length) : generate == null;
      return (isValid ? await rotate(rotation) : undefined) ?? (await locking()).rotate(rotation);
    },

    async rollback(name, number) {
      const rolledBack = await attempt(name, async (secret, authorizer) => {
        if (number < 1 || number >= secret.version) return undefined;
        const [version] = await findVersions(database.prepared, [{ secretId: secret.id, number }]);
        if (version?.sealed == null) return undefined;
        try {
          const value = values.open(secret, number, version.sealed);
          return store(secret, authorizer, value, { from: secret.version, rolledBackTo: number, source: number });
        } catch (error) {
          if (error instanceof Unopenable) return undefined;
          throw error;
        }
      });
      return rolledBack?.secret ?? (await locking()).rollback(name, number);
    },
  };
}
