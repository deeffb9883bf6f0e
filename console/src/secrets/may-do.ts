import type { Access, SecretRowFragment } from '../generated/operations.ts';
import { hasExpired } from './expiry.tsx';

/** Why the caller may not do something to a secret; undefined where nothing is in the way. */
export function whyNot({ viewerAccess }: Pick<SecretRowFragment, 'viewerAccess'>, access: Access): string | undefined {
  return viewerAccess.includes(access) ? undefined : `This needs ${access}, which you do not have on this secret.`;
}

/** The same of its value, which is shown to nobody once the secret has expired. */
export function whyNotShown(secret: Pick<SecretRowFragment, 'viewerAccess' | 'expiresAt'>): string | undefined {
  return (
    whyNot(secret, 'READ') ??
    (hasExpired(secret.expiresAt)
      ? 'It has expired: its value is shown to nobody, until somebody with UPDATE gives it a later end.'
      : undefined)
  );
}
