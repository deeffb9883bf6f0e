// Creates, changes, rotates, deletes and restores secrets, and changes their tags, for one caller.
import type { Authorizer } from '../access/authorizer.ts';
import { claimedNames, isNameClaimed } from '../access/others-access-store.ts';
import { lockGrantee } from '../access/permission-store.ts';
import { mayClaimName, mayCreateSecret } from '../access/policy.ts';
import { type EventSubject, NO_VALUE } from '../audit/audit-event.ts';
import { type Audited, type AuditedMany, type AuditLog, refusalsAbout } from '../audit/audit-log.ts';
import type { Database, Transaction } from '../database/client.ts';
import { BadInput, Conflict, Forbidden, NameTaken, NotFound, VersionConflict } from '../errors.ts';
import type { Access, Alphabet, AuditAction } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Uuid } from '../primitives/ids.ts';
import { prose } from '../primitives/input.ts';
import type { Sensitive } from '../sensitive.ts';
import { lockName } from './change-kinds.ts';
import {
  checkGenerated,
  eventSubjectOf,
  generateValue,
  MOST_VERSIONS_KEPT,
  restorableSince,
  type SecretName,
  type SecretView,
  secretName,
} from './secret.ts';
import {
  type CheckedSecret,
  checkSecret,
  decideCreation,
  decideDeletion,
  type NewSecret,
  withOnlyValue,
} from './secret-lives.ts';
import * as store from './secret-store.ts';
import { hashOf, type SecretValues } from './secret-values.ts';
import * as writes from './secret-writes.ts';
import { decideTags, type TagRequest, tagRequest } from './tag-changes.ts';
import { viewingOf } from './viewing.ts';

type Tags = readonly { key: string; value: string }[];

export interface Rotation {
  name: string;
  value?: Sensitive | null | undefined;
  generate?: { length: number; alphabet: Alphabet } | null | undefined;
  expectedVersion?: number | null | undefined;
}

/**
 * Changes secrets for one caller. Each change and its audit event are committed in one transaction. Each method throws NotFound for a secret that the
 * caller does not see.
 */
export interface SecretService {
  /** @throws Forbidden, NameTaken, BadInput */
  create(secret: NewSecret): Promise<SecretView>;
  /** Changes fields of a secret. The change leaves an undefined field unchanged, and clears a field that is null. @throws Forbidden, BadInput */
  update(change: {
    name: string;
    description?: string | null | undefined;
    expiresAt?: Date | null | undefined;
  }): Promise<SecretView>;
  /**
   * Creates a secret. If a secret with this name exists and the caller sees the secret, stores a new value of the existing secret instead. Each error
   * names `field` as the invalid argument. @throws Forbidden, NameTaken, BadInput
   */
  put(name: string, value: Sensitive, field?: string): Promise<{ secret: SecretView; changed: boolean }>;
  /**
   * Returns the names for which `put` would fail for the caller. The result is the same for a hidden secret and for a missing secret that the caller
   * may not create. At most three SQL statements read the secrets, and nothing is recorded.
   */
  unwritable(names: readonly SecretName[]): Promise<ReadonlySet<SecretName>>;
  /** Stores a new value as the next version, unless the current version has this value. @throws Forbidden, VersionConflict, BadInput */
  rotate(rotation: Rotation): Promise<{ secret: SecretView; changed: boolean }>;
  /** Stores the value of an earlier version as the next version. @throws Forbidden, NotFound, Conflict, Unopenable */
  rollback(name: string, version: number): Promise<SecretView>;
  /** @throws Forbidden, NotFound, Conflict for the current version */
  destroyVersion(name: string, version: number): Promise<SecretView>;
  /** @throws Forbidden */
  delete(name: string, purge: boolean): Promise<{ id: Uuid; restorableUntil: Date | null }>;
  /** Restores the deleted secret that has this UUID. @throws Forbidden, NameTaken */
  restore(id: Uuid): Promise<SecretView>;
  /** @throws Forbidden, Escalation, BadInput */
  tag(name: string, tags: Tags): Promise<SecretView>;
  /** Adds tags. Each added tag replaces the existing tags with the same tag key. @throws Forbidden, Escalation, BadInput */
  mergeTags(name: string, tags: Tags): Promise<SecretView>;
  /** @throws Forbidden, BadInput */
  untag(name: string, tags: Tags): Promise<SecretView>;
}

export interface SecretServiceDeps {
  authorizer: Authorizer;
  audit: AuditLog;
  database: Database;
  values: SecretValues;
  clock: Clock;
}

export function secretService({ authorizer, audit, database, values, clock }: SecretServiceDeps): SecretService {
  const { entitlements, subjects } = authorizer;
  const viewing = () => viewingOf(subjects, authorizer.isAdmin, clock);
  const by = (): writes.By => ({ by: entitlements.id, now: clock.now() });

  /**
   * Locks a secret by name, and checks that the caller has the access `needed`. After this check, calls `work`, which changes the secret. `subject`
   * names the secret in audit events.
   */
  const change = <T>(
    action: AuditAction,
    text: string,
    needed: Access,
    work: (tx: Transaction, secret: SecretView, subject: EventSubject) => Promise<Audited<T> | AuditedMany<T>>,
  ): Promise<T> => {
    const name = secretName(text, 'name');
    return audit.change({ action, subject: eventSubjectOf(undefined, name) }, async (tx) => {
      const found = await store.lockByName(tx, viewing(), name, authorizer.sees);
      const subject = eventSubjectOf(found, name);
      return refusalsAbout({ subject }, () => work(tx, authorizer.require(needed, found, 'name'), subject));
    });
  };

  /**
   * Checks that the caller may use the name for this secret.
   * INVARIANT: the name of a new secret, or the row of a deleted secret, is locked before this check, so that a taken name gives NAME_TAKEN.
   * INVARIANT: every cause of a refusal gives the same message, so that the message does not show which grants or tags an earlier secret had.
   * @throws Forbidden that names `field`
   */
  const requireClaim = async (
    tx: Transaction,
    { id, name }: { id: Uuid | null; name: string },
    since: Date | null,
    field: string,
  ) => {
    if (authorizer.isAdmin) return;
    const now = clock.now();
    const claimed = await isNameClaimed(tx, { caller: entitlements.id, name, secretId: id, since, now });
    if (mayClaimName(entitlements, await store.grantsOnName(tx, subjects, name), claimed, now)) return;
    throw new Forbidden(
      'Other principals have access to every secret with this name, or had access to an earlier secret with this name. To use this name, you need ADMIN, or CREATE on the name.',
      field,
    );
  };

  const readAgain = async (tx: Transaction, id: Uuid): Promise<SecretView> => {
    const secret = await store.readAgain(tx, subjects, id);
    if (secret === undefined) throw new NotFound('secret', 'name');
    return secret;
  };

  /** Stores `value` as the next version of a locked secret. */
  const addVersion = async (tx: Transaction, secret: SecretView, value: Sensitive) => {
    const version = secret.version + 1;
    const stamp = by();
    const sealed = values.seal(secret, version, value);
    const destroyedUpTo = version - MOST_VERSIONS_KEPT;
    await writes.addVersion(tx, { secretId: secret.id, number: version, destroyedUpTo }, sealed, stamp);
    return { version, valueHash: hashOf(sealed), pruned: destroyedUpTo > 0 ? { destroyedUpTo } : {} };
  };

  /** Creates a secret, if the caller may create it. @throws NameTaken before the transaction changes a row */
  const createIn = async (tx: Transaction, input: CheckedSecret, field = 'name'): Promise<Audited<SecretView>> => {
    const { name, tags } = input;
    const now = clock.now();
    const nameGrants = await store.grantsOnName(tx, subjects, name);
    if (!mayCreateSecret(entitlements, { name, tags, nameGrants }, now)) {
      throw new Forbidden(
        'To create this secret, you need the role USER or METADATA_MANAGER, or CREATE on the name or on one of the tags.',
        field,
      );
    }
    await lockName(tx, name);
    if (await store.isNameTaken(tx, name)) throw new NameTaken('secret', field);
    await requireClaim(tx, { id: null, name }, null, field);
    await lockGrantee(tx, entitlements.kind, entitlements.id);
    return decideCreation({ input, authorizer, values, now, mayUseClaimed: true });
  };

  /** Stores a value as the next version of a locked secret, unless the current version has the same value. */
  const rotateIn = (
    tx: Transaction,
    current: SecretView,
    subject: EventSubject,
    { expectedVersion, value, generate }: Omit<Rotation, 'name'>,
  ): Promise<Audited<{ secret: SecretView; changed: boolean }>> =>
    refusalsAbout({ version: current.version }, async () => {
      if (expectedVersion != null && expectedVersion !== current.version) throw new VersionConflict(current.version);
      // The function generates the value only after it has checked the caller's access, because generating a value takes time.
      const next = value ?? generateValue(generate!.length, generate!.alphabet);
      const changed = !values.holds(current, current.version, current.sealed, next);
      const added = changed ? await addVersion(tx, current, next) : undefined;
      const event = {
        action: 'SECRET_ROTATE',
        subject,
        version: added?.version ?? current.version,
        changes: { changed, from: current.version, generated: generate != null, ...added?.pruned },
        ...(added && { valueHash: added.valueHash }),
      } as const;
      return { result: { secret: await readAgain(tx, current.id), changed }, event };
    });

  /** Changes the tags of a secret. */
  const retag = (action: AuditAction, name: string, request: TagRequest) =>
    change(action, name, 'UPDATE', (tx, secret) => decideTags(tx, authorizer, secret, request, clock.now()));

  return {
    async create(input) {
      const checked = checkSecret(input);
      return audit.change({ action: 'SECRET_CREATE', subject: eventSubjectOf(undefined, checked.name) }, (tx) =>
        createIn(tx, checked),
      );
    },

    async put(text, value, field = 'name') {
      const name = secretName(text, field);
      return audit.change({ action: 'SECRET_CREATE', subject: eventSubjectOf(undefined, name) }, async (tx) => {
        const lock = () => store.lockByName(tx, viewing(), name, authorizer.sees);
        let found = await lock();
        if (found === undefined || !authorizer.sees(found)) {
          const hidden = found !== undefined;
          try {
            const { result: secret, ...created } = await createIn(tx, withOnlyValue(name, value), field);
            return { result: { secret, changed: true }, ...created };
          } catch (error) {
            if (hidden || !(error instanceof NameTaken)) throw error;
            // Another request created the secret after the lookup. If the caller sees that secret, the value is stored there.
            found = await lock();
            if (found === undefined || !authorizer.sees(found)) throw error;
          }
        }
        const subject = eventSubjectOf(found, name);
        return refusalsAbout({ action: 'SECRET_ROTATE', subject }, () =>
          rotateIn(tx, authorizer.require('UPDATE', found, field), subject, { value }),
        );
      });
    },

    async unwritable(names) {
      if (names.length === 0) return new Set();
      const now = clock.now();
      if (authorizer.isAdmin) return new Set();
      const found = new Map(
        (await store.findByNames(database, viewing(), names)).map((secret) => [secret.name, secret]),
      );
      // These statements run for all names, so that their number does not depend on the existence of a hidden secret.
      const grants = await store.grantsOnNames(database, subjects, names);
      const claimed = await claimedNames(database, {
        caller: entitlements.id,
        names,
        secretId: null,
        since: null,
        now,
      });
      return new Set(
        names.filter((name) => {
          const secret = found.get(name);
          if (secret !== undefined && authorizer.sees(secret)) return !authorizer.allows('UPDATE', secret);
          const nameGrants = grants.get(name) ?? [];
          const mayCreate =
            mayCreateSecret(entitlements, { name, tags: [], nameGrants }, now) &&
            mayClaimName(entitlements, nameGrants, claimed.has(name), now);
          return secret !== undefined || !mayCreate;
        }),
      );
    },

    async update(input) {
      const description = prose(input.description, 'description');
      return change('SECRET_UPDATE', input.name, 'UPDATE', async (tx, secret, subject) => {
        const fields = {
          ...(input.description === undefined ? {} : { description }),
          ...(input.expiresAt === undefined ? {} : { expiresAt: input.expiresAt }),
        };
        if (Object.keys(fields).length > 0) await writes.updateSecret(tx, secret.id, fields, by());
        const changes = {
          fields: Object.keys(fields),
          ...(input.expiresAt === undefined ? {} : { expiresAt: { from: secret.expiresAt, to: input.expiresAt } }),
        };
        return { result: await readAgain(tx, secret.id), event: { action: 'SECRET_UPDATE', subject, changes } };
      });
    },

    async rotate({ name, ...rotation }) {
      const { value, generate } = rotation;
      if ((value == null) === (generate == null)) throw new BadInput('', 'exactly one of value and generate');
      if (generate != null) checkGenerated(generate.length);
      return change('SECRET_ROTATE', name, 'UPDATE', (tx, secret, subject) => rotateIn(tx, secret, subject, rotation));
    },

    rollback: (name, version) =>
      change('SECRET_ROTATE', name, 'UPDATE', (tx, secret, subject) =>
        refusalsAbout({ version }, async () => {
          if (version === secret.version) throw new Conflict('This version is already the current version.', 'version');
          const sealed = await earlier(tx, secret, version);
          const { pruned, ...added } = await addVersion(tx, secret, values.open(secret, version, sealed));
          const changes = { from: secret.version, rolledBackTo: version, ...pruned };
          const event = { action: 'SECRET_ROTATE', subject, ...added, changes } as const;
          return { result: await readAgain(tx, secret.id), event };
        }),
      ),

    destroyVersion: (name, version) =>
      change('SECRET_VERSION_DESTROY', name, 'DELETE', (tx, secret, subject) =>
        refusalsAbout({ version }, async () => {
          if (version === secret.version)
            throw new Conflict('The current version cannot be destroyed. Rotate the secret first.', 'version');
          if (version < 1 || version > secret.version) throw new NotFound('version', 'version');
          await writes.destroyVersions(tx, secret.id, { number: version }, clock.now());
          const event = { action: 'SECRET_VERSION_DESTROY', subject, version } as const;
          return { result: await readAgain(tx, secret.id), event };
        }),
      ),

    async delete(name, purge) {
      return change('SECRET_DELETE', name, 'DELETE', async (tx, secret, subject) => {
        const now = clock.now();
        if (!purge) return decideDeletion(secret, now);
        await writes.markDeleted(tx, secret.id, now);
        await writes.purge(tx, secret.id, now);
        const event = { action: 'SECRET_DELETE', subject, changes: { purged: true }, valueHash: NO_VALUE } as const;
        return { result: { id: secret.id, restorableUntil: null }, event };
      });
    },

    restore: (id) =>
      audit.change({ action: 'SECRET_RESTORE', subject: null }, async (tx) => {
        const since = restorableSince(clock.now());
        const found = await store.lockDeleted(tx, viewing(), id, since, authorizer.sees);
        const subject = found === undefined ? null : eventSubjectOf(found, found.name);
        return refusalsAbout({ subject }, async () => {
          const secret = authorizer.require('DELETE', found, 'id');
          await lockName(tx, secret.name);
          await writes.markRestored(tx, secret.id, clock.now(), 'id');
          // The check considers only access that other principals received through the name after the deletion. Access that they received through the
          // name before the deletion already included this secret.
          await requireClaim(tx, secret, secret.deletedAt, 'id');
          return { result: await readAgain(tx, secret.id), event: { action: 'SECRET_RESTORE', subject } };
        });
      }),

    tag: async (name, tags) => retag('SECRET_TAG', name, tagRequest('add', tags)),
    mergeTags: async (name, tags) => retag('SECRET_TAG', name, tagRequest('merge', tags)),
    untag: async (name, tags) => retag('SECRET_UNTAG', name, tagRequest('remove', tags)),
  };
}

/** Returns the sealed value of a version that is older than the current version. @throws NotFound, Conflict if the value is destroyed */
async function earlier(tx: Transaction, secret: SecretView, number: number) {
  const [version] = await store.findVersions(tx, [{ secretId: secret.id, number }]);
  if (version === undefined) throw new NotFound('version', 'version');
  if (version.sealed === null) throw new Conflict('This version is destroyed.', 'version');
  return version.sealed;
}
