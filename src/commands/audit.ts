import { existsSync } from 'node:fs';
import { readAnchors } from '../audit/anchors.ts';
import { exportLog } from '../audit/audit-export.ts';
import { findMonths, retireMonth } from '../audit/audit-retirement.ts';
import { type Verification, verifyLog } from '../audit/audit-verification.ts';
import { checkFile } from '../audit/file-check.ts';
import { operatorAudit } from '../audit/operator.ts';
import { openEveryValue } from '../audit/value-opening.ts';
import { type Config, readConfig } from '../config.ts';
import { type Keyring, keyringFromEnvironment } from '../crypto/keyring.ts';
import { openKeyringFile } from '../crypto/keyring-file.ts';
import { plural } from '../keyring/rotation.ts';
import { insideId } from '../primitives/ids.ts';
import { help, misused, readArguments } from './arguments.ts';
import { type Beside, besideGateway } from './beside.ts';
import { progressOn } from './progress.ts';

const USAGE = `The audit log: whether it is what was written, and what becomes of its older months. All of it can be done while the gateway serves.

  npm run audit -- verify                    checks every event, every checkpoint and the secrets that they tell of; exit code 1 if anything is wrong
  npm run audit -- verify --anchors LOG      the same, against the checkpoints that gateways told in this log of theirs
  npm run audit -- verify --values           the same, and then opens every stored value; exit code 1 if one does not open
  npm run audit -- verify --values --after ID
                                             only opens values, and starts after this secret: continues a run that was stopped
  npm run audit -- verify FILE               checks an exported file: needs the keyring, and no database
  npm run --silent audit -- export > FILE    the whole log as JSON lines
  npm run audit -- retire --before 2027-01 [--to FOLDER]
                                             exports each month before that one into a file, checks the file, and takes the month out of the database

The settings are the gateway's: DATA_DIR or DATABASE_URL, KEYRING or KEYRING_FILE. What is checked, and how, stands in docs/audit-format.md.`;

export async function run(args: string[]): Promise<number> {
  const asked = readArguments(args, ['values'], ['before', 'to', 'anchors', 'after']);
  if (asked?.help) return help(USAGE);
  const [verb, file, ...words] = asked?.words ?? [];
  const { values = new Map<string, string>() } = asked ?? {};
  if (asked?.flags.has('values')) {
    const after = values.get('after') ?? null;
    const understood = verb === 'verify' && file === undefined && values.size === (after === null ? 0 : 1);
    if (!understood || (after !== null && insideId(after, 'SECRET') === undefined)) return misused(USAGE);
    return verifyValues(readConfig(process.env), after);
  }
  if (words.length === 0 && values.size === 0) {
    if (verb === 'verify') {
      return file === undefined ? verify(readConfig(process.env)) : verifyFile(readConfig(process.env), file);
    }
    if (verb === 'export' && file === undefined) return exportAll(readConfig(process.env));
  }
  const [before, anchors] = [values.get('before'), values.get('anchors')];
  if (verb === 'verify' && file === undefined && anchors !== undefined && values.size === 1) {
    return verify(readConfig(process.env), await readAnchors(anchors));
  }
  if (
    verb === 'retire' &&
    file === undefined &&
    anchors === undefined &&
    before !== undefined &&
    /^\d{4}-(0[1-9]|1[0-2])$/.test(before)
  ) {
    return retire(readConfig(process.env), before, values.get('to') ?? '.');
  }
  return misused(USAGE);
}

function verify(config: Config, anchors?: ReadonlyMap<number, string>): Promise<number> {
  return besideGateway(config, (at) => verifyBeside(at, anchors));
}

/** Verifies the log, then opens every value. With `after` it only opens values, because an earlier run has verified the log. */
function verifyValues(config: Config, after: string | null): Promise<number> {
  return besideGateway(config, async (at) => {
    const code = after === null ? await verifyBeside(at) : 0;
    const progress = progressOn(process.stderr);
    const { tried, unopened } = await openEveryValue({ ...at, audit: operatorAudit(at) }, after, {
      onProgress: ({ tried, through }, total) =>
        progress.update(tried, total, through === null ? undefined : `--after ${through}`),
      onUnopened({ secretId, version, reason, keyId }) {
        progress.pause();
        const what = reason === 'MISSING_KEY' ? 'the keyring lacks' : 'not what was sealed there under';
        console.log(`${secretId}, version ${version}: ${what} ${keyId}`);
      },
    }).finally(progress.end);
    const opened = `${plural(tried - unopened, 'value')} opened`;
    if (unopened === 0) console.log(`${opened}.`);
    else console.error(`${opened}, ${unopened.toLocaleString('en-US')} did not.`);
    return unopened === 0 ? code : 1;
  });
}

async function verifyBeside(at: Beside, anchors?: ReadonlyMap<number, string>): Promise<number> {
  const progress = progressOn(process.stderr);
  const found = await verifyLog(at, progress.update, anchors).finally(progress.end);
  const { intact, eventsChecked, problem } = found;
  const changes = { intact, eventsChecked, ...(problem === null ? {} : { problem }) };
  await operatorAudit(at).record({ action: 'AUDIT_VERIFY', subject: null, version: null, changes }, 'DONE');
  return tell(found);
}

async function verifyFile(config: Config, file: string): Promise<number> {
  const progress = progressOn(process.stderr);
  return tell(await checkFile(file, keyringOf(config), progress.update).finally(progress.end));
}

/** The keyring by itself. */
function keyringOf({ keyring, keyringFile }: Config): Keyring {
  return keyring === undefined ? openKeyringFile(keyringFile) : keyringFromEnvironment(keyring.expose());
}

function tell({ intact, eventsChecked, problem, brokenAt }: Verification): number {
  const read = `${eventsChecked.toLocaleString('en-US')} event${eventsChecked === 1 ? '' : 's'} read`;
  if (intact) {
    console.log(`Intact: ${read}.`);
    return 0;
  }
  console.error(`NOT INTACT, ${read}: ${problem}`);
  if (brokenAt !== null) {
    const { id, at, action, actor } = brokenAt;
    const time = Number.isNaN(at.getTime()) ? 'no time' : at.toISOString();
    console.error(`  ${JSON.stringify({ id, at: time, action, actor: actor.name })}`);
  }
  return 1;
}

function exportAll(config: Config): Promise<number> {
  return besideGateway(config, async ({ database, stream, clock }) => {
    const progress = progressOn(process.stderr);
    const key = await stream.key();
    // Told by each write.
    process.stdout.on('error', () => {});
    const write = (text: string) =>
      new Promise<void>((done, fail) => {
        process.stdout.write(text, (error) => (error ? fail(notTaken(error)) : done()));
      });
    await exportLog({ database, key, now: clock.now() }, write, { onProgress: progress.update }).finally(progress.end);
    return 0;
  });
}

/** Without a cause: a broken pipe here says nothing of the database. */
function notTaken({ message }: Error): Error {
  return new Error(`The export is not whole, since whoever was to take it did not: ${message}`);
}

function retire(config: Config, before: string, folder: string): Promise<number> {
  return besideGateway(config, async (at) => {
    const current = at.clock.now().toISOString().slice(0, 7);
    if (before > current) {
      console.error(`${current} is not over: nothing after ${current} can be named.`);
      return 1;
    }
    if (!existsSync(folder)) {
      console.error(`There is no folder ${folder}.`);
      return 1;
    }
    const due = (await findMonths(at.database)).filter(({ month }) => month < before);
    if (due.length === 0) console.log(`There is nothing before ${before}.`);
    for (const part of due) {
      const progress = progressOn(process.stderr);
      const audit = operatorAudit(at);
      const { month, events, file } = await retireMonth({ ...at, audit }, part, folder, progress.update).finally(
        progress.end,
      );
      console.log(
        `${month}: ${events.toLocaleString('en-US')} event${events === 1 ? '' : 's'} in ${file}, checked, and taken out of the database.`,
      );
    }
    return 0;
  });
}
