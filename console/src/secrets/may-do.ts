import type { Access, SecretRowFragment } from '../generated/operations.ts';
import { hasExpired } from './expiry.tsx';

/** Why the caller may not do something to a secret; undefined where nothing is in the way. */
export function whyNot({ viewerAccess }: Pick<SecretRowFragment, 'viewerAccess'>, access: Access): string | undefined {
  return viewerAccess.includes(access) ? undefined : `You need ${access} on this secret.`;
}

/** The same of its value, which is shown to nobody once the secret has expired. */
export function whyNotShown(secret: Pick<SecretRowFragment, 'viewerAccess' | 'expiresAt'>): string | undefined {
  return (
    whyNot(secret, 'READ') ??
    (hasExpired(secret.expiresAt)
      ? 'The secret has expired. Nobody can reveal its value until a user with UPDATE sets a later expiry time.'
      : undefined)
  );
}
