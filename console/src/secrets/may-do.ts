import type { Access, SecretRowFragment } from '../generated/operations.ts';
import { hasExpired } from './expiry.tsx';

/** Returns a message if the viewer does not have `access` to the secret. Returns undefined if the viewer has the access. */
export function whyNot({ viewerAccess }: Pick<SecretRowFragment, 'viewerAccess'>, access: Access): string | undefined {
  return viewerAccess.includes(access) ? undefined : `You need ${access} access to this secret.`;
}

/** Returns the reason why the viewer cannot reveal the value of the secret. Returns undefined if the viewer can reveal the value. */
export function whyNotShown(secret: Pick<SecretRowFragment, 'viewerAccess' | 'expiresAt'>): string | undefined {
  return (
    whyNot(secret, 'READ') ??
    (hasExpired(secret.expiresAt)
      ? 'The secret has expired. Nobody can reveal its value until a user with UPDATE access to the secret sets a later expiry time.'
      : undefined)
  );
}
