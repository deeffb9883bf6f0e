// Checks that the caller may revoke grants on a secret, or remove tags of the secret. Real changes and simulations use the same checks.
import type { Sql } from '../database/client.ts';
import { Forbidden } from '../errors.ts';
import { toGlobalId, type Uuid } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { Authorizer } from './authorizer.ts';
import { findSecretTags } from './others-access-store.ts';
import type { Permission } from './permission.ts';
import { mayRemoveTag, mayRevoke, type SecretTag, type SecretWithCreator } from './policy.ts';

/**
 * Checks that the caller may revoke all of these grants. The check runs before the first grant is revoked. Therefore the gateway revokes either all
 * grants or no grant.
 * @throws Forbidden that names `field`, with the ids of the grants that the caller may not revoke
 */
export function requireMayRevoke(
  authorizer: Authorizer,
  secret: SecretWithCreator,
  grants: readonly Permission[],
  now: Date,
  field: string,
): void {
  const kept = grants.filter((grant) => !mayRevoke(authorizer.entitlements, secret, grant, now));
  if (kept.length === 0) return;
  throw new Forbidden(
    `You may not revoke ${kept.length} of these ${grants.length} grants, so nothing was revoked. Without ADMIN you can revoke grants to yourself and ` +
      "grants that you made; a secret's creator can also revoke grants that no administrator made. Revoke single grants by `permissionId`, or ask an administrator.",
    field,
    { permissions: kept.map(({ id }) => toGlobalId('PERMISSION', id)) },
  );
}

/**
 * Checks that the caller may remove all of these tags, before the first tag is removed. Returns those of the tags that the secret has.
 * @throws Forbidden that names `field`, with the tags that the caller may not remove
 */
export async function requireMayRemoveTags(
  sql: Sql,
  authorizer: Authorizer,
  secret: SecretWithCreator & { id: Uuid },
  tags: readonly TagText[],
  now: Date,
  field: string,
): Promise<SecretTag[]> {
  if (tags.length === 0) return [];
  const carried = await findSecretTags(sql, { caller: authorizer.entitlements.id, secretId: secret.id, tags, now });
  const kept = carried.filter((tag) => !mayRemoveTag(authorizer.entitlements, secret, tag));
  if (kept.length === 0) return carried;
  throw new Forbidden(
    `You may not remove ${kept.length} of these ${tags.length} tags, so none was removed. Only ADMIN can remove a tag that an administrator added. ` +
      "If no administrator added a tag and the tag gives other principals access, only the principal who added the tag, the secret's creator or ADMIN can remove the tag.",
    field,
    { tags: kept.map(({ tag }) => tag) },
  );
}
