// Decides about the creation and the deletion of secrets.
import type { Authorizer } from '../access/authorizer.ts';
import type { Audited } from '../audit/audit-log.ts';
import { eventId } from '../audit/event-id.ts';
import { newId, type Uuid } from '../primitives/ids.ts';
import { prose } from '../primitives/input.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { Sensitive } from '../sensitive.ts';
import { requireVisibleTags, tagTexts } from '../tags/tag.ts';
import { creation, deletion } from './change-kinds.ts';
import { eventSubjectOf, restorableUntil, type SecretName, type SecretView, secretName } from './secret.ts';
import { hashOf, type SecretValues } from './secret-values.ts';

export interface NewSecret {
  name: string;
  value: Sensitive;
  description?: string | null | undefined;
  tags: readonly { key: string; value: string }[];
  expiresAt?: Date | null | undefined;
}

/** A new secret whose fields were checked. */
export interface CheckedSecret {
  name: SecretName;
  value: Sensitive;
  description: string | null;
  tags: readonly TagText[];
  expiresAt: Date | null;
}

/** @throws BadInput */
export function checkSecret(input: NewSecret): CheckedSecret {
  const name = secretName(input.name, 'name');
  const tags = tagTexts(input.tags, 'tags');
  requireVisibleTags(input.tags, [], 'tags');
  const description = prose(input.description, 'description');
  return { name, value: input.value, description, tags, expiresAt: input.expiresAt ?? null };
}

/** A new secret that has only a name and a value. */
export function withOnlyValue(name: SecretName, value: Sensitive): CheckedSecret {
  return { name, value, description: null, tags: [], expiresAt: null };
}

/** Seals the value of a new secret that the caller may create, and returns the change that creates the secret. */
export function decideCreation({
  input: { value, ...input },
  authorizer: { entitlements, isAdmin },
  values,
  now,
  mayUseClaimed,
}: {
  input: CheckedSecret;
  authorizer: Authorizer;
  values: SecretValues;
  now: Date;
  /** Whether the caller may use the name even if the name is claimed (see `isNameClaimed`). */
  mayUseClaimed: boolean;
}): Audited<SecretView> {
  const { name, tags, expiresAt } = input;
  const id = newId();
  const event = eventId(now);
  const sealed = values.seal({ id, name }, 1, value);
  const stamp = { by: entitlements.id, byAdmin: isAdmin, now };
  const { change, secret } = creation({ id, ...input, sealed }, { creator: entitlements, stamp, event, mayUseClaimed });
  return {
    result: secret,
    event: {
      ...{ id: event, action: 'SECRET_CREATE', subject: eventSubjectOf({ id }, name), version: 1 },
      changes: { tags, expiresAt },
      valueHash: hashOf(sealed),
    },
    change,
  };
}

/** The deletion of a secret, after which the secret can be restored. */
export function decideDeletion(secret: SecretView, now: Date): Audited<{ id: Uuid; restorableUntil: Date | null }> {
  const id = eventId(now);
  const subject = eventSubjectOf(secret, secret.name);
  return {
    result: { id: secret.id, restorableUntil: restorableUntil(now) },
    event: { id, action: 'SECRET_DELETE', subject, changes: { purged: false } },
    change: deletion(secret, id, now),
  };
}
