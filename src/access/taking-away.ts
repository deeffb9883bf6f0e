// Refuses to take from others what the caller may not take: where it is done, and where it is simulated.
import type { Transaction } from '../database/client.ts';
import { Forbidden } from '../errors.ts';
import { outsideId } from '../ids.ts';
import type { Access } from './access.ts';
import { carriedTags } from './others-store.ts';
import type { Permission } from './permission.ts';
import { mayRevoke, mayUntag, type Shared } from './policy.ts';

/**
 * All or nothing: where one of these grants stays, none is revoked.
 * @throws Forbidden naming `field`, with the ids of the grants that the caller may not revoke
 */
export function requireRevocable(
  access: Access,
  secret: Shared,
  grants: readonly Permission[],
  now: Date,
  field: string,
): void {
  const kept = grants.filter((grant) => !mayRevoke(access.standing, secret, grant, now));
  if (kept.length === 0) return;
  throw new Forbidden(
    `Others made ${kept.length} of the ${grants.length} grants that this revokes, so nothing was revoked. Without ADMIN you revoke grants that you ` +
      "made and grants to yourself; a secret's creator also revokes those that no administrator made. Name one grant by `permissionId`, or ask an administrator.",
    field,
    { permissions: kept.map(({ id }) => outsideId('PERMISSION', id)) },
  );
}

/** @throws Forbidden naming `field` */
export async function requireUntaggable(
  tx: Transaction,
  access: Access,
  secret: Shared & { id: string },
  tags: readonly string[],
  now: Date,
  field: string,
): Promise<void> {
  if (access.isAdmin || tags.length === 0) return;
  const carried = await carriedTags(tx, { caller: access.standing.id, secretId: secret.id, tags, now });
  const kept = carried.filter((tag) => !mayUntag(access.standing, secret, tag));
  if (kept.length === 0) return;
  throw new Forbidden(
    `Others have access by ${kept.length} of these ${tags.length} tags, so none was taken off. Without ADMIN you take off such a tag if you put it ` +
      "on; the secret's creator also takes off those that no administrator put on.",
    field,
    { tags: kept.map(({ tag }) => tag) },
  );
}
