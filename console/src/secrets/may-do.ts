import type { Access, SecretRowFragment } from '../generated/operations.ts';
import { hasExpired } from './expiry.tsx';

/** Why the viewer lacks an access to the secret; undefined if the viewer has it. */
export function whyNot({ viewerAccess }: Pick<SecretRowFragment, 'viewerAccess'>, access: Access): string | undefined {
  return viewerAccess.includes(access) ? undefined : `You need ${access} on this secret.`;
}

/** Why the viewer cannot reveal the value; undefined if the viewer can. */
export function whyNotShown(secret: Pick<SecretRowFragment, 'viewerAccess' | 'expiresAt'>): string | undefined {
  return (
    whyNot(secret, 'READ') ??
    (hasExpired(secret.expiresAt)
      ? 'The secret has expired. Nobody can reveal its value until a user with UPDATE sets a later expiry time.'
      : undefined)
  );
}
