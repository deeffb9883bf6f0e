import { gainedByTags, readActsAs } from '../access/acts-as.ts';
import type { Authorizer } from '../access/authorizer.ts';
import { isNameClaimed } from '../access/others-access-store.ts';
import { insert as insertPermission } from '../access/permission-store.ts';
import { ACCESSES, mayClaimName, mayCreateSecret } from '../access/policy.ts';
import { requireUntaggable } from '../access/revocation.ts';
import { type Attempt, NO_VALUE } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Transaction } from '../database/client.ts';
import { BadInput, Conflict, Escalation, Forbidden, NameTaken, NotFound, VersionConflict } from '../errors.ts';
import type { Access, Alphabet, AuditAction } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import { newId } from '../primitives/ids.ts';
import { prose } from '../primitives/input.ts';
import type { Sensitive } from '../sensitive.ts';
import { MOST_TAGS, requireVisibleTags, splitTag, tagTexts } from '../tags/tag.ts';
import {
  checkGenerated,
  generateValue,
  MOST_VERSIONS_KEPT,
  partyOf,
  restorableSince,
  restorableUntil,
  type SecretName,
  type SecretView,
  secretName,
} from './secret.ts';

import * as store from './secret-store.ts';
import { hashOf, type SecretValues } from './secret-values.ts';
import * as writes from './secret-writes.ts';
import { viewingOf } from './viewing.ts';

type Tags = readonly { key: string; value: string }[];

export interface NewSecret {
  name: string;
  value: Sensitive;
  description?: string | null | undefined;
  tags: Tags;
  expiresAt?: Date | null | undefined;
}

/** A new secret whose every part was checked. */
interface CheckedSecret {
  name: SecretName;
  value: Sensitive;
  description: string | null;
  tags: string[];
  expiresAt: Date | null;
}

export interface Rotation {
  name: string;
  value?: Sensitive | null | undefined;
  generate?: { length: number; alphabet: Alphabet } | null | undefined;
  expectedVersion?: number | null | undefined;
}

/** What one caller does to secrets. Each is recorded in the transaction that does it. All throw NotFound for what the caller does not see. */
export interface SecretService {
  /** @throws Forbidden, NameTaken, BadInput */
  create(secret: NewSecret): Promise<SecretView>;
  /** A field left out (undefined) is kept; null clears it. @throws Forbidden, BadInput */
  update(change: {
    name: string;
    description?: string | null | undefined;
    expiresAt?: Date | null | undefined;
  }): Promise<SecretView>;
  /** Creates the secret, or gives the one that the caller sees a new value. Refusals name `field`. @throws Forbidden, NameTaken, BadInput */
  put(name: string, value: Sensitive, field?: string): Promise<{ secret: SecretView; changed: boolean }>;
  /** @throws Forbidden, VersionConflict, BadInput */
  rotate(rotation: Rotation): Promise<{ secret: SecretView; changed: boolean }>;
  /** @throws Forbidden, NotFound, Conflict, Unopenable */
  rollback(name: string, version: number): Promise<SecretView>;
  /** @throws Forbidden, NotFound, Conflict for the current version */
  destroyVersion(name: string, version: number): Promise<SecretView>;
  /** @throws Forbidden */
  delete(name: string, purge: boolean): Promise<{ id: string; restorableUntil: Date | null }>;
  /** By UUID. @throws Forbidden, NameTaken */
  restore(id: string): Promise<SecretView>;
  /** @throws Forbidden, Escalation, BadInput */
  tag(name: string, tags: Tags): Promise<SecretView>;
  /** Adds tags, each in place of those with its key. @throws Forbidden, Escalation, BadInput */
  mergeTags(name: string, tags: Tags): Promise<SecretView>;
  /** @throws Forbidden, BadInput */
  untag(name: string, tags: Tags): Promise<SecretView>;
}

export interface SecretServiceNeeds {
  authorizer: Authorizer;
  audit: AuditLog;
  values: SecretValues;
  clock: Clock;
}

export function secretService({ authorizer, audit, values, clock }: SecretServiceNeeds): SecretService {
  const { entitlements, subjects } = authorizer;
  const viewing = () => viewingOf(subjects, authorizer.isAdmin, clock);
  const by = (): writes.By => ({ by: entitlements.id, now: clock.now() });
  const tagger = (stamp: writes.By): writes.Tagger => ({ ...stamp, byAdmin: authorizer.isAdmin });

  /** Locks the secret, checks that the caller has `needed` on it, lets `work` change it, and reads it again. */
  const change = (
    action: AuditAction,
    text: string,
    needed: Access,
    work: (tx: Transaction, secret: SecretView, attempt: Attempt) => Promise<void>,
  ): Promise<SecretView> => {
    const name = secretName(text, 'name');
    return audit.change(action, partyOf(undefined, name), async (tx, attempt) => {
      const found = await store.lockByName(tx, viewing(), name, authorizer.sees);
      attempt.subject = partyOf(found, name);
      const secret = authorizer.require(needed, found, 'name');
      await work(tx, secret, attempt);
      return readAgain(tx, secret.id);
    });
  };

  /**
   * Checks that the caller may put the secret under its name.
   * INVARIANT: called once the secret's row exists, or is locked: a taken name answers NAME_TAKEN.
   * INVARIANT: one message for every cause: it does not show how an earlier secret was shared, or which tags it had.
   * @throws Forbidden naming `field`
   */
  const requireClaim = async (
    tx: Transaction,
    { id, name }: { id: string; name: string },
    since: Date | null,
    field: string,
  ) => {
    if (authorizer.isAdmin) return;
    const now = clock.now();
    const claimed = await isNameClaimed(tx, { caller: entitlements.id, name, secretId: id, since, now });
    if (mayClaimName(entitlements, await store.grantsOnName(tx, subjects, name), claimed, now)) return;
    throw new Forbidden(
      'Others have access by this name, or had access to an earlier secret of this name. This needs ADMIN, or CREATE on the name.',
      field,
    );
  };

  const readAgain = async (tx: Transaction, id: string): Promise<SecretView> => {
    const secret = await store.readAgain(tx, subjects, id);
    if (secret === undefined) throw new NotFound('secret', 'name');
    return secret;
  };

  const addVersion = async (tx: Transaction, secret: SecretView, value: Sensitive, attempt: Attempt) => {
    const number = secret.version + 1;
    const stamp = by();
    const sealed = values.seal(secret, number, value);
    const destroyedUpTo = number - MOST_VERSIONS_KEPT;
    await writes.addVersion(tx, { secretId: secret.id, number, destroyedUpTo }, sealed, stamp);
    attempt.version = number;
    attempt.valueHash = hashOf(sealed);
    return destroyedUpTo > 0 ? { destroyedUpTo } : {};
  };

  /** Makes a secret, if the caller may. */
  const createIn = async (
    tx: Transaction,
    attempt: Attempt,
    input: CheckedSecret,
    field = 'name',
  ): Promise<SecretView> => {
    const { name, value, description, tags, expiresAt } = input;
    const stamp = by();
    const nameGrants = await store.grantsOnName(tx, subjects, name);
    if (!mayCreateSecret(entitlements, { name, tags, nameGrants }, stamp.now)) {
      throw new Forbidden(
        'Creating this needs the role USER or METADATA_MANAGER, or CREATE on the name or on one of the tags.',
        field,
      );
    }
    const id = newId();
    await writes.insertSecret(tx, { id, name, description, expiresAt }, stamp, field);
    await requireClaim(tx, { id, name }, null, field);
    const sealed = values.seal({ id, name }, 1, value);
    await writes.insertVersion(tx, id, 1, sealed, stamp);
    await writes.addTags(tx, id, tags, tagger(stamp));
    await insertPermission(tx, {
      subjectKind: entitlements.kind,
      subjectId: entitlements.id,
      target: { kind: 'SECRET', text: name },
      // For this secret only: a later one of the same name is not the creator's.
      secretId: id,
      access: ACCESSES,
      expiresAt: null,
      grantedBy: entitlements.id,
      now: stamp.now,
    });
    const valueHash = hashOf(sealed);
    Object.assign(attempt, { subject: partyOf({ id }, name), version: 1, changes: { tags, expiresAt }, valueHash });
    return readAgain(tx, id);
  };

  /** Gives a locked secret a value, unless it has that one already. Tells whether it did. */
  const rotateIn = async (
    tx: Transaction,
    attempt: Attempt,
    current: SecretView,
    value: Sensitive,
    { generated }: { generated: boolean },
  ): Promise<boolean> => {
    attempt.version = current.version;
    const changed = !values.holds(current, current.version, current.sealed, value);
    const pruned = changed ? await addVersion(tx, current, value, attempt) : {};
    attempt.changes = { changed, from: current.version, generated, ...pruned };
    return changed;
  };

  /** Ends and adds tags of a locked secret. What is added may give the caller nothing. */
  const retag = async (tx: Transaction, secret: SecretView, removed: readonly string[], added: readonly string[]) => {
    if (secret.tags.length - removed.length + added.length > MOST_TAGS) {
      throw new BadInput('tags', `at most ${MOST_TAGS} on a secret`);
    }
    if (removed.length + added.length === 0) return;
    const stamp = by();
    const circle = authorizer.isAdmin || added.length === 0 ? [] : await readActsAs(tx, entitlements, secret, added);
    if (gainedByTags(circle, secret, added, stamp.now).length > 0) {
      throw new Escalation('These tags would give you access to the secret that you do not have.', 'tags');
    }
    await requireUntaggable(tx, authorizer, secret, removed, stamp.now, 'tags');
    if (removed.length > 0) await writes.endTags(tx, secret.id, removed, stamp.now);
    if (added.length > 0) await writes.addTags(tx, secret.id, added, tagger(stamp));
    await writes.updateSecret(tx, secret.id, {}, stamp);
  };

  return {
    async create(input) {
      const name = secretName(input.name, 'name');
      const tags = tagTexts(input.tags, 'tags');
      requireVisibleTags(input.tags, [], 'tags');
      const description = prose(input.description, 'description');
      const expiresAt = input.expiresAt ?? null;
      return audit.change('SECRET_CREATE', partyOf(undefined, name), (tx, attempt) =>
        createIn(tx, attempt, { name, value: input.value, description, tags, expiresAt }),
      );
    },

    async put(text, value, field = 'name') {
      const name = secretName(text, field);
      return audit.change('SECRET_CREATE', partyOf(undefined, name), async (tx, attempt) => {
        const lock = () => store.lockByName(tx, viewing(), name, authorizer.sees);
        let found = await lock();
        if (found === undefined || !authorizer.sees(found)) {
          const hidden = found !== undefined;
          try {
            const empty = { description: null, tags: [], expiresAt: null };
            return { secret: await createIn(tx, attempt, { name, value, ...empty }, field), changed: true };
          } catch (error) {
            if (hidden || !(error instanceof NameTaken)) throw error;
            // Somebody made it between our look and our write: now it may be there to be given the value.
            found = await lock();
            if (found === undefined || !authorizer.sees(found)) throw error;
          }
        }
        Object.assign(attempt, { action: 'SECRET_ROTATE', subject: partyOf(found, name) });
        const secret = authorizer.require('UPDATE', found, field);
        const changed = await rotateIn(tx, attempt, secret, value, { generated: false });
        return { secret: await readAgain(tx, secret.id), changed };
      });
    },

    async update(input) {
      const description = prose(input.description, 'description');
      return change('SECRET_UPDATE', input.name, 'UPDATE', async (tx, secret, attempt) => {
        const fields = {
          ...(input.description === undefined ? {} : { description }),
          ...(input.expiresAt === undefined ? {} : { expiresAt: input.expiresAt }),
        };
        attempt.changes = {
          fields: Object.keys(fields),
          ...(input.expiresAt === undefined ? {} : { expiresAt: { from: secret.expiresAt, to: input.expiresAt } }),
        };
        if (Object.keys(fields).length > 0) await writes.updateSecret(tx, secret.id, fields, by());
      });
    },

    async rotate({ name, value, generate, expectedVersion }) {
      if ((value == null) === (generate == null)) throw new BadInput('', 'exactly one of value and generate');
      if (generate != null) checkGenerated(generate.length);
      let changed = true;
      const secret = await change('SECRET_ROTATE', name, 'UPDATE', async (tx, current, attempt) => {
        attempt.version = current.version;
        if (expectedVersion != null && expectedVersion !== current.version) throw new VersionConflict(current.version);
        // Made only now: it takes time, and whoever may not rotate makes the gateway do no work.
        const next = value ?? generateValue(generate!.length, generate!.alphabet);
        changed = await rotateIn(tx, attempt, current, next, { generated: generate != null });
      });
      return { secret, changed };
    },

    rollback: (name, version) =>
      change('SECRET_ROTATE', name, 'UPDATE', async (tx, secret, attempt) => {
        attempt.version = version;
        if (version === secret.version) throw new Conflict('This version is the current one.', 'version');
        const sealed = await earlier(tx, secret, version);
        const pruned = await addVersion(tx, secret, values.open(secret, version, sealed), attempt);
        attempt.changes = { from: secret.version, rolledBackTo: version, ...pruned };
      }),

    destroyVersion: (name, version) =>
      change('SECRET_VERSION_DESTROY', name, 'DELETE', async (tx, secret, attempt) => {
        attempt.version = version;
        if (version === secret.version)
          throw new Conflict('The current version cannot be destroyed. Rotate first.', 'version');
        if (version < 1 || version > secret.version) throw new NotFound('version', 'version');
        await writes.destroyVersions(tx, secret.id, { number: version }, clock.now());
      }),

    async delete(text, purge) {
      const name = secretName(text, 'name');
      return audit.change('SECRET_DELETE', partyOf(undefined, name), async (tx, attempt) => {
        const found = await store.lockByName(tx, viewing(), name, authorizer.sees);
        attempt.subject = partyOf(found, name);
        const secret = authorizer.require('DELETE', found, 'name');
        const now = clock.now();
        attempt.changes = { purged: purge };
        await writes.markDeleted(tx, secret.id, now);
        if (purge) {
          await writes.purge(tx, secret.id, now);
          attempt.valueHash = NO_VALUE;
        }
        return { id: secret.id, restorableUntil: purge ? null : restorableUntil(now) };
      });
    },

    restore: (id) =>
      audit.change('SECRET_RESTORE', null, async (tx, attempt) => {
        const since = restorableSince(clock.now());
        const found = await store.lockDeleted(tx, viewing(), id, since, authorizer.sees);
        if (found !== undefined) attempt.subject = partyOf(found, found.name);
        const secret = authorizer.require('DELETE', found, 'id');
        await writes.markRestored(tx, secret.id, clock.now(), 'id');
        // Access that others had by the name before the deletion reached this secret then as well.
        await requireClaim(tx, secret, secret.deletedAt, 'id');
        return readAgain(tx, secret.id);
      }),

    async tag(name, asked) {
      const tags = tagTexts(asked, 'tags', 1);
      return change('SECRET_TAG', name, 'UPDATE', async (tx, secret, attempt) => {
        requireVisibleTags(asked, secret.tags, 'tags');
        const added = tags.filter((tag) => !secret.tags.includes(tag));
        attempt.changes = { tags: added };
        await retag(tx, secret, [], added);
      });
    },

    async mergeTags(name, asked) {
      const tags = tagTexts(asked, 'tags');
      return change('SECRET_TAG', name, 'UPDATE', async (tx, secret, attempt) => {
        requireVisibleTags(asked, secret.tags, 'tags');
        const keys = new Set(tags.map((tag) => splitTag(tag).key));
        const added = tags.filter((tag) => !secret.tags.includes(tag));
        const removed = secret.tags.filter((tag) => keys.has(splitTag(tag).key) && !tags.includes(tag));
        attempt.changes = { tags: added };
        await retag(tx, secret, removed, added);
        if (removed.length > 0) {
          const { subject } = attempt;
          audit.recordIn(tx, { action: 'SECRET_UNTAG', subject, version: null, changes: { tags: removed } });
        }
      });
    },

    async untag(name, asked) {
      const tags = tagTexts(asked, 'tags', 1);
      return change('SECRET_UNTAG', name, 'UPDATE', async (tx, secret, attempt) => {
        const removed = tags.filter((tag) => secret.tags.includes(tag));
        attempt.changes = { tags: removed };
        await retag(tx, secret, removed, []);
      });
    },
  };
}

async function earlier(tx: Transaction, secret: SecretView, number: number) {
  const [version] = await store.findVersions(tx, [{ secretId: secret.id, number }]);
  if (version === undefined) throw new NotFound('version', 'version');
  if (version.sealed === null) throw new Conflict('This version is destroyed.', 'version');
  return version.sealed;
}
