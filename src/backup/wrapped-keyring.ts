// Encrypts the keyring file with a passphrase, so that a backup can contain the keyring. docs/backup.md describes the format.
import { argon2, randomBytes } from 'node:crypto';
import { EnvelopeError, open, seal } from '../crypto/envelope.ts';
import type { Sensitive } from '../sensitive.ts';
import { BackupError } from './backup-error.ts';

export interface WrappedKeyring {
  format: 1;
  /** The salt of the passphrase, in base64. */
  salt: string;
  /** The envelope with the text of the keyring file, in base64. */
  sealed: string;
}

const FORMAT = 1;
const CONTEXT = 'secrets-gateway/v1/backup-keyring';
/** The second recommended option of RFC 9106: argon2id with 64 MiB of memory, three passes and four lanes. */
const COST = { memory: 65_536, passes: 3, parallelism: 4 };
const MIN_PASSPHRASE_LENGTH = 12;

/** @throws BackupError `PASSPHRASE` if the passphrase is too short for a new backup */
export function requireLongPassphrase(passphrase: Sensitive): void {
  if (passphrase.length < MIN_PASSPHRASE_LENGTH)
    throw new BackupError('PASSPHRASE', `The passphrase must have at least ${MIN_PASSPHRASE_LENGTH} characters.`);
}

/** Encrypts the text of a keyring file. @throws BackupError `PASSPHRASE` if the passphrase is too short */
export async function wrapKeyring(text: string, passphrase: Sensitive): Promise<WrappedKeyring> {
  requireLongPassphrase(passphrase);
  const salt = randomBytes(16);
  const sealed = seal(await derive(passphrase, salt), Buffer.from(text), CONTEXT);
  return { format: FORMAT, salt: salt.toString('base64'), sealed: sealed.toString('base64') };
}

/** Returns the text of the keyring file. @throws BackupError `PASSPHRASE` if the passphrase is wrong, `OTHER_VERSION` */
export async function unwrapKeyring({ format, salt, sealed }: WrappedKeyring, passphrase: Sensitive): Promise<string> {
  if (format !== FORMAT)
    throw new BackupError('OTHER_VERSION', 'This version of the gateway does not know the format of the keyring.');
  try {
    const key = await derive(passphrase, Buffer.from(salt, 'base64'));
    return open(key, Buffer.from(sealed, 'base64'), CONTEXT).toString();
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    throw new BackupError('PASSPHRASE', 'The passphrase does not decrypt the keyring in the backup.');
  }
}

function derive(passphrase: Sensitive, salt: Uint8Array): Promise<Buffer> {
  const message = passphrase.expose().normalize('NFC');
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce: salt, tagLength: 32, ...COST }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
