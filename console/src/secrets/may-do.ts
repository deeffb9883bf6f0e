import type { Access, SecretRowFragment } from '../generated/operations.ts';
import { hasExpired } from './expiry.tsx';

/** The reason why the viewer does not have an access to the secret; undefined if the viewer has the access. */
export function whyNot({ viewerAccess }: Pick<SecretRowFragment, 'viewerAccess'>, access: Access): string | undefined {
  return viewerAccess.includes(access) ? undefined : `You need ${access} on this secret.`;
}

/** The reason why the viewer cannot reveal the value; undefined if the viewer can reveal the value. */
export function whyNotShown(secret: Pick<SecretRowFragment, 'viewerAccess' | 'expiresAt'>): string | undefined {
  return (
    whyNot(secret, 'READ') ??
    (hasExpired(secret.expiresAt)
      ? 'The secret has expired. Nobody can reveal its value until a user with UPDATE sets a later expiry time.'
      : undefined)
  );
}
