// The content of a backup: a description, and then all rows of all tables. docs/backup.md describes the file format.
import type { WrappedKeyring } from './wrapped-keyring.ts';

export const FORMAT = 'secrets-gateway-backup';
export const FORMAT_VERSION = 1;

/** The first line of a backup. */
export interface BackupHeader {
  format: typeof FORMAT;
  version: number;
  /** The time of the snapshot, in ISO 8601 format and UTC. */
  createdAt: string;
  /** The applied migrations. A restore creates the tables with the same migrations. */
  migrations: { name: string; checksum: string }[];
  /** The months of the audit log in the database, such as `2026-11`. */
  months: string[];
  tables: { name: string; columns: string[] }[];
  /** The ids of the encryption keys without which some of the data cannot be decrypted. */
  encryptionKeys: string[];
  keyring?: WrappedKeyring;
}

/** Some rows of one table. Each row has PostgreSQL's text form of a composite value. */
export interface BackupPart {
  table: string;
  rows: string[];
}

/** Returns the number of rows of each table. */
export type RowCounts = Record<string, number>;

export function totalOf(rows: RowCounts): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0);
}
