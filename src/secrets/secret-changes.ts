// Changes secrets for one caller. A change needs at most one read of the secret and one statement, which the changes of the same kind at the same
// moment share. See docs/adr/0034 and docs/adr/0036.
import type { Authorizer } from '../access/authorizer.ts';
import { mayCreateSecret } from '../access/policy.ts';
import type { AsOf } from '../audit/as-of.ts';
import { changedAsOf, type Decided, type ReadAsOf } from '../audit/change-attempts.ts';
import type { Turn } from '../concurrency/queues.ts';
import type { Database } from '../database/client.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import { lockName } from './change-kinds.ts';
import { type ChangingSecret, isGeneratedLength, isSecretName, type SecretName, type SecretView } from './secret.ts';
import { type CheckedSecret, checkSecret, decideCreation, decideDeletion, withOnlyValue } from './secret-lives.ts';
import { type DecidedSecret, newValueOf, rotationDecisions, type SecretToRotate } from './secret-rotations.ts';
import type { Rotation, SecretService } from './secret-service.ts';
import { waitForLock } from './secret-store.ts';
import type { SecretValues } from './secret-values.ts';
import { decideTags, type TagRequest, tagRequest } from './tag-changes.ts';

/** A secret that was read for a change, and the caller's entitlements of the same moment. */
export interface ReadToChange extends ReadAsOf<DecidedSecret<unknown>> {
  authorizer: Authorizer;
  /** Whether a live secret has the name, even if the caller does not see the secret. */
  exists: boolean;
  /** Undefined if the caller does not see the secret or does not have the access. */
  secret: ChangingSecret | undefined;
}

/** The caller's entitlements, from the cache or from the database. */
export interface EntitledToChange {
  authorizer: Authorizer;
  /** Does the same as `ReadAsOf.commit`. The state of the decision consists of the entitlements and of `secrets`. */
  commit(decided: Decided<unknown>, secrets?: AsOf['secrets']): Promise<void>;
}

/** What a change needs from the secret that is read. */
export interface ToChange {
  /** The access that the caller needs. */
  access: Access;
  /** Whether to read the value of the current version, and the hashes of the oldest values. */
  withValue: boolean;
}

/** The part of a session that changes secrets. When a change is committed, the session's entitlements are confirmed. */
export interface ChangingSession {
  /**
   * Reads a secret by name for a change. With `isFresh`, always sends a statement. Returns undefined if the caller lacks the role that the session
   * requires. @throws Unauthenticated, Unavailable
   */
  readToChange(name: string, needed: ToChange, isFresh: boolean): Promise<ReadToChange | undefined>;
  /**
   * Returns the caller's entitlements for a change. With `isFresh`, always sends a statement. Returns undefined if the caller lacks the role that the
   * session requires. @throws Unauthenticated, Unavailable
   */
  entitledToChange(isFresh: boolean): Promise<EntitledToChange | undefined>;
  /** Waits for the turn to change an object (see `AuditStream`). @throws Unavailable */
  turnToChange(object: string): Promise<Turn>;
  /** Confirms the session's entitlements again. @throws Unauthenticated, Unavailable */
  recheck(): Promise<void>;
  /** @throws Error before the entitlements are confirmed */
  readonly secrets: SecretService;
}

/**
 * These methods do the same as the methods of `SecretService` with these names. They need no confirmed session, and confirm the session. A method that
 * cannot make the change calls the method of `SecretService`, which locks the secret and decides by the same rules.
 */
export type SecretChanges = Pick<
  SecretService,
  'create' | 'put' | 'rotate' | 'rollback' | 'delete' | 'tag' | 'mergeTags' | 'untag'
>;

export interface SecretChangesDeps {
  session: ChangingSession;
  database: Database;
  values: SecretValues;
  clock: Clock;
}

export function secretChanges(deps: SecretChangesDeps): SecretChanges {
  const { session, database, values, clock } = deps;
  const rotations = rotationDecisions(deps);
  const locking = async (): Promise<SecretService> => {
    await session.recheck();
    return session.secrets;
  };

  /** Returns undefined if the secret was not changed. */
  const attempt = <T>(
    name: string,
    needed: ToChange,
    decide: (read: ReadToChange) => DecidedSecret<T> | undefined | Promise<DecidedSecret<T> | undefined>,
  ): Promise<T | undefined> =>
    changedAsOf<ReadToChange, DecidedSecret<T>>({
      read: async (isFresh) => (isSecretName(name) ? session.readToChange(name, needed, isFresh) : undefined),
      decide,
      turnFor: ({ secret }) => secret && session.turnToChange(secret.id),
      wait: ({ secret }) =>
        secret === undefined ? lockName(database, name) : waitForLock(database.prepared, secret.id),
    });

  const TO_ROTATE = { access: 'UPDATE', withValue: true } as const;
  /** Returns undefined without the value of the current version, because the hashes of the oldest values are then unknown. */
  const toRotate = ({ authorizer, secret }: ReadToChange): SecretToRotate | undefined =>
    secret === undefined || secret.sealed === null ? undefined : { authorizer, secret };

  const mayCreate = ({ authorizer: { entitlements } }: { authorizer: Authorizer }, { name, tags }: CheckedSecret) =>
    mayCreateSecret(entitlements, { name, tags, nameGrants: [] }, clock.now());
  const create = ({ authorizer }: { authorizer: Authorizer }, input: CheckedSecret) =>
    decideCreation({ input, authorizer, values, now: clock.now(), mayUseClaimed: authorizer.isAdmin });

  /**
   * Creates a secret if the caller's roles or a grant on a tag allow the creation. The statement itself checks whether the name is free. The second
   * attempt decides from entitlements that are read now. If the second attempt fails too, the name is probably not free.
   */
  const attemptCreation = (input: CheckedSecret): Promise<SecretView | undefined> =>
    changedAsOf<EntitledToChange, Decided<SecretView>>({
      read: (isFresh) => session.entitledToChange(isFresh),
      decide: (read) => (mayCreate(read, input) ? create(read, input) : undefined),
      wait: () => lockName(database, input.name),
      mostTries: 2,
    });

  const retag = (name: string, request: TagRequest) =>
    attempt(
      name,
      { access: 'UPDATE', withValue: false },
      ({ authorizer, secret }) => secret && decideTags(database, authorizer, secret, request, clock.now()),
    );

  return {
    async create(input) {
      return (await attemptCreation(checkSecret(input))) ?? (await locking()).create(input);
    },

    async put(name, value, field) {
      const input = withOnlyValue(name as SecretName, value);
      const stored = await attempt(name, TO_ROTATE, (read) => {
        const found = toRotate(read);
        if (found !== undefined) return rotations.rotate(found, { name, value }, () => value);
        if (read.exists || !mayCreate(read, input)) return undefined;
        const { result: secret, ...created } = create(read, input);
        return { result: { secret, changed: true }, ...created };
      });
      return stored ?? (await locking()).put(name, value, field);
    },

    async rotate(rotation) {
      const next = newValueOf(rotation);
      const rotated = isWellFormed(rotation)
        ? await attempt(rotation.name, TO_ROTATE, (read) => {
            const found = toRotate(read);
            return found && rotations.rotate(found, rotation, next);
          })
        : undefined;
      return rotated ?? (await locking()).rotate(rotation);
    },

    async rollback(name, version) {
      const rolledBack = await attempt(name, TO_ROTATE, (read) => {
        const found = toRotate(read);
        return found && rotations.rollback(found, version);
      });
      return rolledBack ?? (await locking()).rollback(name, version);
    },

    async delete(name, purge) {
      // A purge changes many rows, which the gateway locks first.
      const deleted = purge
        ? undefined
        : await attempt(
            name,
            { access: 'DELETE', withValue: false },
            ({ secret }) => secret && decideDeletion(secret, clock.now()),
          );
      return deleted ?? (await locking()).delete(name, purge);
    },

    async tag(name, tags) {
      return (await retag(name, tagRequest('add', tags))) ?? (await locking()).tag(name, tags);
    },

    async mergeTags(name, tags) {
      return (await retag(name, tagRequest('merge', tags))) ?? (await locking()).mergeTags(name, tags);
    },

    async untag(name, tags) {
      return (await retag(name, tagRequest('remove', tags))) ?? (await locking()).untag(name, tags);
    },
  };
}

function isWellFormed({ value, generate }: Rotation): boolean {
  return value == null ? generate != null && isGeneratedLength(generate.length) : generate == null;
}
