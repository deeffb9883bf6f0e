import { existsSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { acknowledge, findOpenProblems } from '../audit/acknowledgement.ts';
import { readAnchors } from '../audit/anchors.ts';
import type { AuditEvent } from '../audit/audit-event.ts';
import { exportLog } from '../audit/audit-export.ts';
import { findMonths, retireMonth } from '../audit/audit-retirement.ts';
import { type Verification, verifyLog } from '../audit/audit-verification.ts';
import { checkFile } from '../audit/file-check.ts';
import { operatorAudit } from '../audit/operator.ts';
import { namesOf } from '../audit/sinks/create-sinks.ts';
import { SINK_NAMES, type SinkName } from '../audit/sinks/sink.ts';
import { findBehind, findPositions, findSinks } from '../audit/sinks/sink-store.ts';
import { openEveryValue } from '../audit/value-opening.ts';
import type { Config } from '../config.ts';
import { existingKeyring } from '../keyring/source.ts';
import { toUuid } from '../primitives/ids.ts';
import { plural } from '../primitives/plural.ts';
import { CliCommand } from './cli-command.ts';
import { EXIT } from './exit-code.ts';
import { type GatewayResources, withDatabase, withGatewayResources } from './gateway-resources.ts';
import { coloured, printJson } from './output.ts';
import { progressOn } from './progress.ts';
import { requireFile } from './readable-file.ts';
import { sealProblem } from './seal-problem.ts';
import { storeCommand } from './setting-options.ts';
import { table } from './table.ts';

interface VerifyOptions {
  anchors?: string;
  values?: true;
  after?: string;
  json?: true;
}

export function auditCommand(): CliCommand {
  const audit = new CliCommand('audit')
    .description(
      'Verifies the audit log, exports it, and moves old months of it to files. These commands also work while the gateway is running.',
    )
    .withNotes('docs/audit-format.md describes the checks.');
  audit.addCommand(
    storeCommand(
      'verify [FILE]',
      'checks every audit event and every checkpoint, and compares the secrets with the audit events; with FILE, checks an exported file, and needs the keyring but no database; exit code 1 if anything is wrong',
      chooseCheck,
    )
      .option('--anchors <LOG>', 'also compares the checkpoints with the checkpoints in LOG, a log file of a gateway')
      .option('--values', 'also decrypts every stored secret value')
      .option(
        '--after <ID>',
        'with --values: continues an interrupted run; only decrypts secret values, starting after the secret with this id',
        secretId,
      )
      .withJson(),
  );
  audit.addCommand(
    storeCommand(
      'acknowledge',
      'lists the gaps of the audit log, and with --yes records that you know them; later verifications report the gaps, and check everything else',
      acknowledgeGaps,
    )
      .requiredOption('--by <NAME>', 'your name')
      .requiredOption('--reason <TEXT>', 'the explanation of the gaps, such as the failover that caused the gaps')
      .option('--yes', 'records the acknowledgement')
      .withJson(),
  );
  audit.addCommand(storeCommand('export', 'writes the audit log as lines of JSON to standard output', exportAll));
  audit.addCommand(
    storeCommand(
      'retire',
      'exports each month before the given month to a file, checks the file, and deletes the month from the database',
      (config, { before, to, json }: { before: string; to: string; json?: true }) => retire(config, before, to, json),
    )
      .requiredOption('--before <YYYY-MM>', 'the first month that stays in the database', month)
      .option('--to <FOLDER>', 'the folder of the files', '.')
      .withJson(),
  );
  audit.addCommand(
    storeCommand(
      'sinks',
      'lists the audit sinks, and how many audit events each audit sink does not have yet; --json also lists the position in each stream',
      listSinks,
    ).withJson(),
  );
  return audit;
}

async function chooseCheck(
  config: Config,
  file: string | undefined,
  { anchors, values, after, json }: VerifyOptions,
  command: CliCommand,
): Promise<number> {
  if (file !== undefined && (anchors ?? values ?? after) !== undefined)
    command.error('FILE cannot be combined with options of `verify`');
  if (anchors !== undefined && values) command.error('`--anchors` cannot be combined with `--values`');
  if (after !== undefined && !values) command.error('`--after` requires `--values`');
  if (values) return verifyValues(config, after ?? null, json);
  if (file !== undefined) return verifyFile(config, file, json);
  if (anchors !== undefined) await requireFile(anchors);
  const saved = anchors === undefined ? undefined : await readAnchors(anchors);
  return withGatewayResources(config, async (at) => printResult(await verifyBeside(at, saved), json));
}

function month(text: string): string {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new InvalidArgumentError('Expected a month: YYYY-MM.');
}

function secretId(text: string): string {
  if (toUuid(text, 'SECRET') !== undefined) return text;
  throw new InvalidArgumentError('Expected the id of a secret: sec_….');
}

/**
 * Verifies the audit log, and then decrypts every secret value. If the caller passes `after`, the function only decrypts secret values, because the
 * interrupted run already verified the audit log.
 */
function verifyValues(config: Config, after: string | null, json?: true): Promise<number> {
  return withGatewayResources(config, async (at) => {
    const found = after === null ? await verifyBeside(at) : undefined;
    const code = found === undefined || json ? EXIT.OK : printResult(found);
    const failed: { secretId: string; version: number; reason: string; keyId: string }[] = [];
    const progress = progressOn(process.stderr);
    const { tried, unopened } = await openEveryValue({ ...at, audit: operatorAudit(at) }, after, {
      onProgress: ({ tried, through }, total) =>
        progress.update(tried, total, through === null ? undefined : `--after ${through}`),
      onUnopened({ secretId, version, reason, keyId }) {
        if (json) return void failed.push({ secretId, version, reason, keyId });
        progress.pause();
        console.log(`${secretId}, version ${version}: ${sealProblem(reason, keyId)}`);
      },
    }).finally(progress.end);
    if (json) {
      printJson({ ...(found && described(found)), values: { decrypted: tried - unopened, failed } });
      return found?.intact === false || unopened > 0 ? EXIT.FAILED : EXIT.OK;
    }
    const opened = `${plural(tried - unopened, 'secret value')} decrypted`;
    if (unopened === 0) console.log(`${opened}.`);
    else console.error(`${opened}, ${unopened.toLocaleString('en-US')} could not be decrypted.`);
    return unopened === 0 ? code : 1;
  });
}

/** Verifies the audit log, and records the verification in the audit log. */
export async function verifyBeside(at: GatewayResources, anchors?: ReadonlyMap<number, string>): Promise<Verification> {
  const progress = progressOn(process.stderr);
  const found = await verifyLog(at, progress.update, anchors).finally(progress.end);
  const { intact, eventsChecked, problem } = found;
  const changes = { intact, eventsChecked, ...(problem === null ? {} : { problem }) };
  await operatorAudit(at).record({ action: 'AUDIT_VERIFY', subject: null, version: null, changes }, 'DONE');
  return found;
}

interface AcknowledgeOptions {
  by: string;
  reason: string;
  yes?: true;
  json?: true;
}

/** Lists the gaps of the audit log, and records an acknowledgement of the gaps if the operator passed `--yes`. */
function acknowledgeGaps(config: Config, { by, reason, yes, json }: AcknowledgeOptions): Promise<number> {
  return withGatewayResources(config, async (at) => {
    const progress = progressOn(process.stderr);
    const { gaps, others } = await findOpenProblems(at, progress.update).finally(progress.end);
    const isRecorded = yes === true && gaps.length > 0;
    if (isRecorded) await acknowledge({ ...at, audit: operatorAudit(at) }, { by, reason, gaps });
    if (json) printJson({ acknowledged: isRecorded, gaps: gaps.map(({ text }) => text), problems: others });
    else {
      for (const { text } of gaps) console.log(text);
      for (const text of others) console.error(`Cannot be acknowledged: ${text}`);
      if (gaps.length === 0) console.error('The audit log has no gap that you can acknowledge.');
      else if (isRecorded) console.error(`${plural(gaps.length, 'gap')} acknowledged.`);
      else console.error('Nothing was recorded. To acknowledge these gaps, run the command again with --yes.');
    }
    return others.length > 0 || (gaps.length > 0 && !isRecorded) ? EXIT.FAILED : EXIT.OK;
  });
}

async function verifyFile(config: Config, file: string, json?: true): Promise<number> {
  await requireFile(file);
  const progress = progressOn(process.stderr);
  return printResult(await checkFile(file, existingKeyring(config), progress.update).finally(progress.end), json);
}

function printResult(found: Verification, json?: true): number {
  const { intact, eventsChecked, problems, acknowledgedGaps, brokenAt } = found;
  if (json) {
    printJson(described(found));
    return intact ? EXIT.OK : EXIT.FAILED;
  }
  const read = `${plural(eventsChecked, 'event')} read`;
  for (const { problem, acknowledgedBy, reason, acknowledgedAt } of acknowledgedGaps)
    console.error(`Acknowledged gap: ${problem} (${acknowledgedBy}, ${acknowledgedAt.toISOString()}: ${reason})`);
  if (intact) {
    console.log(`${coloured('green', 'Intact')}: ${read}.`);
    return 0;
  }
  console.error(`${coloured('red', 'NOT INTACT', process.stderr)}, ${read}: ${problems.join('\n  ')}`);
  if (brokenAt !== null) {
    console.error(`  ${JSON.stringify(summaryOf(brokenAt))}`);
  }
  return 1;
}

function described({ brokenAt, ...found }: Verification) {
  return { ...found, brokenAt: brokenAt === null ? null : summaryOf(brokenAt) };
}

function summaryOf({ id, at, action, actor }: AuditEvent) {
  return { id, at: Number.isNaN(at.getTime()) ? null : at.toISOString(), action, actor: actor.name };
}

function exportAll(config: Config): Promise<number> {
  return withGatewayResources(config, async ({ database, stream, clock }) => {
    const progress = progressOn(process.stderr);
    const key = await stream.key();
    // The handler ignores the error, because `write` reports the same error.
    process.stdout.on('error', () => {});
    const write = (text: string) =>
      new Promise<void>((done, fail) => {
        process.stdout.write(text, (error) => (error ? fail(exportInterrupted(error)) : done()));
      });
    await exportLog({ database, key, now: clock.now() }, write, { onProgress: progress.update }).finally(progress.end);
    return 0;
  });
}

/**
 * Creates the error for an export whose standard output was closed. The error contains no cause, because `printFailure` would report the cause as an
 * error of the database.
 */
function exportInterrupted({ message }: Error): Error {
  return new Error(`The export is incomplete, because standard output was closed: ${message}`);
}

/** Lists the audit sinks in the settings of this command, and the audit sinks to which a gateway sent audit events. */
function listSinks(config: Config, { json }: { json?: true }): Promise<number> {
  return withDatabase(config, async (database) => {
    const known = new Map((await findSinks(database)).map((row) => [row.sink, row]));
    const configured = new Set<SinkName>(namesOf(config.auditSinks));
    const sinks = await Promise.all(
      SINK_NAMES.filter((name) => known.has(name) || configured.has(name)).map(async (name) => {
        const behind = await findBehind(database, name);
        const times = behind.flatMap(({ oldestAt }) => oldestAt ?? []);
        const oldest = times.length === 0 ? null : new Date(Math.min(...times.map(Number)));
        return {
          sink: name,
          lagEvents: behind.reduce((sum, { newest, after }) => sum + newest - after, 0),
          lagSeconds: oldest === null ? 0 : Math.max(0, Math.round((Date.now() - oldest.getTime()) / 1_000)),
          sentAt: known.get(name)?.sentAt?.toISOString() ?? null,
          sender: known.get(name)?.sender ?? null,
          streams: await findPositions(database, name),
        };
      }),
    );
    if (json) printJson(sinks);
    else if (sinks.length === 0)
      console.error('No audit sink is configured: set AUDIT_SINK_FILE, AUDIT_SINK_SYSLOG or AUDIT_SINK_HTTP.');
    else
      console.log(
        table(
          ['SINK', 'POSITION', 'LAG', 'OLDEST', 'LAST SENT', 'SENDER'],
          sinks.map(({ sink, streams, lagEvents, lagSeconds, sentAt, sender }) => [
            sink,
            plural(
              streams.reduce((sum, { position }) => sum + position, 0),
              'event',
            ),
            plural(lagEvents, 'event'),
            lagEvents === 0 ? '-' : `${lagSeconds} s`,
            sentAt ?? '-',
            sender ?? '-',
          ]),
        ),
      );
    return EXIT.OK;
  });
}

function retire(config: Config, before: string, folder: string, json?: true): Promise<number> {
  return withGatewayResources(config, async (at) => {
    const current = at.clock.now().toISOString().slice(0, 7);
    if (before > current) {
      console.error(`The month ${current} has not ended. --before can be at most ${current}.`);
      return 1;
    }
    if (!existsSync(folder)) {
      console.error(`The folder ${folder} does not exist.`);
      return 1;
    }
    const months = (await findMonths(at.database)).filter(({ month }) => month < before);
    const retired: { month: string; events: number; file: string }[] = [];
    if (months.length === 0 && !json) console.log(`The database contains no audit events before ${before}.`);
    for (const part of months) {
      const progress = progressOn(process.stderr);
      const audit = operatorAudit(at);
      const { month, events, file } = await retireMonth({ ...at, audit }, part, folder, progress.update).finally(
        progress.end,
      );
      retired.push({ month, events, file });
      if (json) continue;
      console.log(`${month}: ${plural(events, 'event')} exported to ${file}, checked, and deleted from the database.`);
    }
    if (json) printJson(retired);
    return EXIT.OK;
  });
}
