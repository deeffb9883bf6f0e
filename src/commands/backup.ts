import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { operatorAudit } from '../audit/operator.ts';
import { sealer } from '../audit/sealing.ts';
import { openEveryValue } from '../audit/value-opening.ts';
import type { BackupHeader } from '../backup/backup-content.ts';
import { BackupError } from '../backup/backup-error.ts';
import { type BackupSummary, checkBackup, readParts, writeBackup } from '../backup/backup-file.ts';
import { loadTables, requireEmpty } from '../backup/load-tables.ts';
import { readTables } from '../backup/read-tables.ts';
import { requireLongPassphrase, unwrapKeyring, wrapKeyring } from '../backup/wrapped-keyring.ts';
import type { Config } from '../config.ts';
import type { Keyring } from '../crypto/keyring.ts';
import { openKeyringFile } from '../crypto/keyring-file.ts';
import { makeDataDir } from '../database/data-dir.ts';
import { hasCluster, runningEmbedded } from '../database/embedded.ts';
import { migrate } from '../database/migrate.ts';
import { joinDatabase, openDatabase } from '../database/open.ts';
import { existingKeyring } from '../keyring/source.ts';
import { plural } from '../primitives/plural.ts';
import { Sensitive } from '../sensitive.ts';
import { verifyBeside } from './audit.ts';
import { CliCommand } from './cli-command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { CommandFailed } from './failure.ts';
import { type GatewayResources, resourcesOf, withGatewayResources } from './gateway-resources.ts';
import { printJson } from './output.ts';
import { progressOn } from './progress.ts';
import { requireFile } from './readable-file.ts';
import { storeCommand } from './setting-options.ts';
import { onStopSignal } from './stop-signal.ts';

interface Options {
  passphraseFile?: string;
  json?: true;
}

export function backupCommand(): CliCommand {
  const backup = new CliCommand('backup')
    .description('Backs up the database of a gateway, restores a backup, and moves the database.')
    .withNotes(
      'A backup contains the keyring only with --passphrase-file. Without the keyring, nobody can decrypt the secret values of a backup. For more, see docs/backup.md.',
    );
  backup.addCommand(
    storeCommand(
      'create <FILE>',
      'writes all data of the database to a new file; the gateway can serve requests meanwhile',
      create,
    )
      .option('--passphrase-file <FILE>', 'also adds the keyring, encrypted with the passphrase in FILE')
      .withJson(),
  );
  backup.addCommand(
    new CliCommand('verify')
      .summary('checks that a backup file is complete and undamaged; needs no database and no keyring')
      .description('Checks that a backup file is complete and undamaged. The command needs no database and no keyring.')
      .argument('<FILE>')
      .runs(verify)
      .withJson(),
  );
  backup.addCommand(
    storeCommand(
      'restore <FILE>',
      'loads a backup into an empty database, and then verifies the audit log and decrypts every secret value; exit code 6 if the database is not empty',
      restore,
    )
      .option('--passphrase-file <FILE>', 'decrypts the keyring in the backup with the passphrase in FILE')
      .withJson(),
  );
  backup.addCommand(
    storeCommand(
      'move',
      'copies the embedded database in DATA_DIR to the empty database of DATABASE_URL, and verifies the copy; stop the gateway first',
      move,
    ).withJson(),
  );
  return backup;
}

async function create(config: Config, file: string, { passphraseFile, json }: Options): Promise<ExitCode> {
  if (existsSync(file))
    throw new CommandFailed('The backup file already exists, and was not changed. Name a new file.', EXIT.CONFLICT);
  if (passphraseFile !== undefined && config.keyring !== undefined) {
    throw new CommandFailed(
      '`--passphrase-file` requires a keyring file, but the keyring is in the setting KEYRING. Keep a copy of this setting apart from the backup.',
      EXIT.USAGE,
    );
  }
  // INVARIANT: the command checks its arguments before the first audit event, so that wrong arguments record no backup.
  const passphrase = passphraseFile === undefined ? undefined : await readNewPassphrase(passphraseFile);
  const interrupted = new AbortController();
  onStopSignal(() => interrupted.abort(), EXIT.INTERRUPTED);
  return withGatewayResources(config, async (at) => {
    const summary = await recorded(at, { keyring: passphrase !== undefined }, () =>
      readTables(at.database, async ({ header, parts, expectedRows }) => {
        // INVARIANT: the keyring is read after the snapshot began. A new encryption key is in the keyring before any row needs this encryption key.
        const keyring =
          passphrase === undefined
            ? {}
            : { keyring: await wrapKeyring(await readFile(config.keyringFile, 'utf8'), passphrase) };
        const progress = progressOn(process.stderr);
        const onRows = (done: number) => progress.update(done, Math.max(done, expectedRows));
        const { signal } = interrupted;
        return writeBackup(file, { ...header, ...keyring }, parts, { onRows, signal }).finally(progress.end);
      }),
    ).catch(explained);
    if (json) printJson({ file, ...described(summary) });
    else console.log(`${file}: ${textOf(summary)}`);
    if (passphrase === undefined) {
      console.error(
        `The backup does not contain the keyring ${at.keyring.source}. Keep a copy of the keyring apart from the backup: without the keyring, no secret value can be decrypted.`,
      );
    }
    return EXIT.OK;
  });
}

async function verify(file: string, { json }: Options): Promise<ExitCode> {
  await requireFile(file);
  const summary = await checkBackup(file).catch(explained);
  if (json) printJson({ file, ...described(summary) });
  else console.log(`${file}: ${textOf(summary)}. The checksum matches.`);
  return EXIT.OK;
}

async function restore(config: Config, file: string, { passphraseFile, json }: Options): Promise<ExitCode> {
  await requireFile(file);
  const { header, totalRows, sha256 } = await checkBackup(file).catch(explained);
  const keyring = await keyringFor(config, header, passphraseFile);
  const open = hasCluster(config.dataDir) ? joinDatabase : openDatabase;
  const source = await open(config, { print: (line) => console.error(line) });
  try {
    await requireEmpty(source.database).catch(explained);
    const progress = progressOn(process.stderr);
    const opened = await keyring.open();
    await loadTables(source.database, header, readParts(file), (done) => progress.update(done, totalRows))
      .catch(async (error) => {
        await keyring.undo();
        return explained(error);
      })
      .finally(progress.end);
    await migrate(source.url.expose());
    const at = resourcesOf(source.database, opened);
    return await finish(at, { createdAt: header.createdAt, rows: totalRows, sha256 }, json);
  } finally {
    await source.close();
  }
}

async function move(config: Config, { json }: Options): Promise<ExitCode> {
  if (config.databaseUrl === undefined)
    throw new CommandFailed('DATABASE_URL is required: the URL of the empty database for the data.', EXIT.USAGE);
  if (runningEmbedded(config.dataDir) !== undefined) {
    throw new CommandFailed(
      `A gateway or the command \`database\` uses ${config.dataDir}. Stop this process first, so that the copy contains all changes.`,
      EXIT.CONFLICT,
    );
  }
  return withGatewayResources({ ...config, databaseUrl: undefined }, async (from) => {
    const to = await openDatabase(config, { print: (line) => console.error(line) });
    try {
      await requireEmpty(to.database).catch(explained);
      const { createdAt, rows } = await recorded(from, { to: 'DATABASE_URL' }, () =>
        readTables(from.database, async ({ header, parts, expectedRows }) => {
          const progress = progressOn(process.stderr);
          let rows = 0;
          const show = (done: number) => {
            rows = done;
            progress.update(done, Math.max(done, expectedRows));
          };
          await loadTables(to.database, header, parts, show).finally(progress.end);
          return { createdAt: header.createdAt, rows };
        }),
      ).catch(explained);
      const code = await finish(resourcesOf(to.database, from.keyring), { createdAt, rows }, json);
      if (code === EXIT.OK) {
        console.error(
          `From now on, start the gateway with DATABASE_URL. The old database in ${config.dataDir} is unchanged. Remove the directory ${config.dataDir}/postgres when you no longer need the old database.`,
        );
      }
      return code;
    } finally {
      await to.close();
    }
  });
}

/** Records that a backup begins, seals the audit log, and makes the backup. Records a second event if the backup fails. */
async function recorded<T>(at: GatewayResources, changes: Record<string, unknown>, work: () => Promise<T>): Promise<T> {
  const audit = operatorAudit(at);
  const event = { action: 'BACKUP_CREATE', subject: null, version: null, changes } as const;
  await audit.record(event, 'DONE');
  await sealer(at)();
  try {
    return await work();
  } catch (error) {
    await audit.record(event, 'FAILED').catch(() => {}); // the command reports only the first error
    throw error;
  }
}

interface Origin {
  /** The time of the snapshot. */
  createdAt: string;
  rows: number;
  sha256?: string;
}

/** Records the restore, verifies the audit log, decrypts every secret value, and prints the result. */
async function finish(at: GatewayResources, origin: Origin, json?: true): Promise<ExitCode> {
  const audit = operatorAudit(at);
  await audit.record({ action: 'BACKUP_RESTORE', subject: null, version: null, changes: { ...origin } }, 'DONE');
  const { intact, eventsChecked, problems } = await verifyBeside(at);
  const progress = progressOn(process.stderr);
  const { tried, unopened } = await openEveryValue({ ...at, audit }, null, {
    onProgress: ({ tried }, total) => progress.update(tried, total),
    onUnopened() {},
  }).finally(progress.end);
  await sealer(at)();
  const code = intact && unopened === 0 ? EXIT.OK : EXIT.FAILED;
  const decrypted = tried - unopened;
  if (json) {
    printJson({ ...origin, intact, eventsChecked, problems, values: { decrypted, failed: unopened } });
    return code;
  }
  console.log(`${plural(origin.rows, 'row')} restored, from ${origin.createdAt}.`);
  if (code === EXIT.OK) {
    console.log(
      `Verified: ${plural(eventsChecked, 'audit event')} intact, ${plural(decrypted, 'secret value')} decrypted. Done.`,
    );
    return code;
  }
  console.error(
    'The data was restored, but the verification failed. Do not start a gateway before you know the cause.',
  );
  for (const problem of problems) console.error(problem);
  if (unopened > 0) console.error(`${plural(unopened, 'secret value')} could not be decrypted.`);
  return code;
}

interface RestoredKeyring {
  /** Opens the keyring. If the keyring is in the backup, the function first writes the keyring file. */
  open(): Promise<Keyring>;
  /** Removes the keyring file if `open` wrote the file. */
  undo(): Promise<void>;
}

/** Finds the keyring for a restored database. @throws CommandFailed if an encryption key is missing */
async function keyringFor(config: Config, header: BackupHeader, passphraseFile?: string): Promise<RestoredKeyring> {
  const { keyringFile } = config;
  if (config.keyring !== undefined || existsSync(keyringFile)) {
    const keyring = existingKeyring(config);
    requireKeys(keyring, header);
    return { open: async () => keyring, undo: async () => {} };
  }
  if (header.keyring === undefined || passphraseFile === undefined) {
    throw new CommandFailed(
      header.keyring === undefined
        ? `The keyring ${keyringFile} does not exist, and the backup contains no keyring. Copy the keyring of the gateway to this file, or set KEYRING.`
        : `The keyring ${keyringFile} does not exist. The backup contains the keyring: add --passphrase-file to decrypt it.`,
    );
  }
  const text = await unwrapKeyring(header.keyring, await readPassphrase(passphraseFile)).catch(explained);
  const undo = () => rm(keyringFile, { force: true });
  return {
    async open() {
      await makeDataDir(dirname(keyringFile));
      await writeFile(keyringFile, text, { flag: 'wx', mode: 0o600, flush: true });
      try {
        const keyring = openKeyringFile(keyringFile);
        requireKeys(keyring, header);
        return keyring;
      } catch (error) {
        await undo();
        throw error;
      }
    },
    undo,
  };
}

function requireKeys(keyring: Keyring, { encryptionKeys }: BackupHeader): void {
  const missing = encryptionKeys.filter((id) => !keyring.has(id));
  if (missing.length === 0) return;
  throw new CommandFailed(
    `${keyring.source} does not contain ${missing.join(', ')}. Data of the backup is encrypted with these encryption keys. Nothing was restored.`,
  );
}

/** Reads a passphrase, without the line break at its end. */
async function readPassphrase(file: string): Promise<Sensitive> {
  await requireFile(file);
  return new Sensitive((await readFile(file, 'utf8')).replace(/\r?\n$/, ''));
}

/** Reads the passphrase of a new backup. @throws CommandFailed if the passphrase is too short */
async function readNewPassphrase(file: string): Promise<Sensitive> {
  const passphrase = await readPassphrase(file);
  try {
    requireLongPassphrase(passphrase);
  } catch (error) {
    explained(error);
  }
  return passphrase;
}

/** Gives the errors of a backup their exit codes. */
function explained(error: unknown): never {
  if (error instanceof Error && error.name === 'AbortError')
    throw new CommandFailed('A signal interrupted the backup. No file was written.', EXIT.INTERRUPTED);
  if (!(error instanceof BackupError)) throw error;
  const code = { NOT_EMPTY: EXIT.CONFLICT, PASSPHRASE: EXIT.USAGE, DAMAGED: EXIT.FAILED, OTHER_VERSION: EXIT.FAILED };
  throw new CommandFailed(error.message, code[error.reason]);
}

function described({ header, totalRows, bytes, sha256 }: BackupSummary) {
  return { createdAt: header.createdAt, rows: totalRows, bytes, sha256, keyring: header.keyring !== undefined };
}

function textOf({ header, totalRows, bytes, sha256 }: BackupSummary): string {
  return `${plural(totalRows, 'row')} from ${header.createdAt}, ${plural(bytes, 'byte')}, SHA-256 ${sha256}`;
}
