/** An error: a backup cannot be used, or the database is not ready for a restore. The message never contains data of the backup. */
export class BackupError extends Error {
  readonly reason: 'DAMAGED' | 'OTHER_VERSION' | 'NOT_EMPTY' | 'PASSPHRASE';

  constructor(reason: BackupError['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'BackupError';
    this.reason = reason;
  }
}
