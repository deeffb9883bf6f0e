// The command `import`: compares a file with the gateway, and then stores the secrets of the file.

import type { FormatName } from '../../formats/formats.ts';
import { isReferenceName, REFERENCE_NAME_RULE } from '../../primitives/reference-name.ts';
import type { CliCommand } from '../cli-command.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import { printJson } from '../output.ts';
import { progressOn } from '../progress.ts';
import { table } from '../table.ts';
import { clientCommand } from './client-command.ts';
import { type ImportItem, type ImportResult, type PlannedImport, planImport, runImport } from './import-plan.ts';
import { collect } from './option-values.ts';
import { askYes } from './prompt.ts';
import { FORMAT_NAMES, formatOf, isError, problemTable, readSecretsFile, type SecretsFile } from './secrets-file.ts';

interface ImportOptions {
  format?: FormatName;
  tag?: string[];
  prefix?: string;
  suffix?: string;
  rename?: true;
  skipInvalid?: true;
  compare: boolean;
  yes?: true;
  json?: true;
}

export function importCommand(): CliCommand {
  return clientCommand(
    'import <FILE>',
    'stores the secrets of a file, after a comparison with the gateway that changes nothing',
    async ({ client }, path: string, options: ImportOptions) => {
      const { tag: tags = [], json = false } = options;
      const file = await readSecretsFile(path, options.format);
      const { items, unnamed } = itemsOf(file, options);
      const comparing = progressOn(process.stderr);
      const plan = await planImport(client, items, {
        tags,
        isCompared: options.compare,
        onProgress: comparing.update,
      }).finally(comparing.end);
      const invalid = file.problems.filter(isError).length + unnamed;
      if (!json) printPlan(file, plan, { invalid, unnamed });
      const work = plan.filter(({ state, missingTags }) => state !== 'SAME' || missingTags.length > 0);
      const isBlocked = invalid > 0 && !options.skipInvalid;
      const isWanted = !isBlocked && work.length > 0 && (options.yes ?? (await isConfirmed(path, json, work.length)));
      const results = isWanted ? await storeAll(plan) : [];
      if (json) printJson({ file: path, format: file.format, problems: file.problems, plan: plan.map(shown), results });
      else if (isWanted) printResults(results);
      else if (isBlocked)
        console.error(
          'Nothing was changed. Correct the file, or add --skip-invalid, and --rename to accept the proposed names.',
        );
      else if (work.length > 0) console.error('Nothing was changed. To import, add --yes.');
      return isBlocked ? EXIT.FAILED : exitCodeOfResults(results);

      async function storeAll(all: readonly PlannedImport[]): Promise<ImportResult[]> {
        const storing = progressOn(process.stderr);
        return runImport(client, all, storing.update).finally(storing.end);
      }
    },
  )
    .option('--format <FORMAT>', `${FORMAT_NAMES}; without this option, the name of the file decides`, formatOf)
    .option('--tag <KEY:VALUE>', 'adds a tag to each secret of the file; can be repeated', collect)
    .option('--prefix <TEXT>', 'begins the name of each secret')
    .option('--suffix <TEXT>', 'ends the name of each secret, for example _prod')
    .option('--rename', 'accepts the proposed names of secrets whose names are invalid')
    .option('--skip-invalid', 'imports the valid entries of a file that also has invalid entries')
    .option('--no-compare', 'does not reveal stored values for the comparison')
    .option('-y, --yes', 'imports without a question')
    .withJson()
    .withNotes(`FILE is the path of a file, or - for standard input. The command first compares the file with the gateway. The gateway records a reveal of each
secret that is compared. An import that was interrupted continues when you run the same command again.

Examples:
  secrets-gateway import .env --suffix _prod --tag env:prod
  kubectl get secret db -o yaml | secrets-gateway import - --format kubernetes --yes`);
}

/** Returns the secrets to import under their final names, and the number of entries without a valid name. @throws CommandFailed */
function itemsOf(
  { entries }: SecretsFile,
  { prefix = '', suffix = '', rename }: ImportOptions,
): { items: ImportItem[]; unnamed: number } {
  const valid = entries.filter(({ proposal }) => rename || proposal === undefined);
  const items = valid.map(({ name, proposal = name, value, line }) => ({
    name: `${prefix}${proposal}${suffix}`,
    value,
    line,
  }));
  if (items.some(({ name }) => !isReferenceName(name)))
    throw new CommandFailed(
      `--prefix or --suffix makes a name invalid. A name has ${REFERENCE_NAME_RULE}.`,
      EXIT.USAGE,
    );
  return { items, unnamed: entries.length - valid.length };
}

/** Asks the user. Without a terminal, the answer is no. */
async function isConfirmed(path: string, json: boolean, count: number): Promise<boolean> {
  if (json || path === '-' || !process.stdin.isTTY) return false;
  return askYes(`Import ${count} secret${count === 1 ? '' : 's'}?`);
}

const STATES = {
  NEW: 'new',
  SAME: 'same value',
  CHANGED: 'new value',
  UNKNOWN: 'exists, value not compared',
} satisfies Record<PlannedImport['state'], string>;

function printPlan(
  { problems, entries, format }: SecretsFile,
  plan: readonly PlannedImport[],
  { invalid, unnamed }: { invalid: number; unnamed: number },
): void {
  if (problems.length > 0) console.error(`${problemTable(problems)}\n`);
  const proposed = entries.filter(({ proposal }) => proposal !== undefined);
  if (proposed.length > 0) {
    const rows = proposed.map(({ line, name, proposal = '' }) => [String(line), name, proposal]);
    console.error(`${table(['line', 'name in the file', 'proposed name'], rows, [0])}\n`);
  }
  const rows = plan.map(({ line, name, state, missingTags }) => [
    String(line),
    name,
    STATES[state],
    missingTags.join(' '),
  ]);
  if (rows.length > 0) console.log(table(['line', 'name', '', 'adds tags'], rows, [0]));
  const count = (state: PlannedImport['state']) => plan.filter((item) => item.state === state).length;
  const counts = (Object.keys(STATES) as PlannedImport['state'][])
    .filter((state) => count(state) > 0)
    .map((state) => `${count(state)} ${STATES[state]}`);
  if (invalid > 0) counts.push(`${invalid} invalid`);
  const hint =
    unnamed === 0
      ? ''
      : ` To import the invalid entries with a proposed name (${unnamed} of ${invalid}), add --rename.`;
  console.log(`\n${format}: ${counts.length === 0 ? 'no secrets' : counts.join(', ')}.${hint}`);
}

const shown = ({ name, line, state, missingTags }: PlannedImport) => ({ name, line, state, missingTags });

const OUTCOMES = {
  CREATED: 'created',
  ROTATED: 'new version',
  SAME: 'unchanged',
  FAILED: 'FAILED',
  NOT_TRIED: 'not tried',
} satisfies Record<ImportResult['outcome'], string>;

function printResults(results: readonly ImportResult[]): void {
  const rows = results.map(({ name, outcome, tagged, code, message }) => [
    name,
    OUTCOMES[outcome],
    code === undefined ? tagged.map((tag) => `+${tag}`).join(' ') : `${code}: ${message}`,
  ]);
  console.log(`\n${table(['name', 'result', ''], rows)}`);
  if (results.some(({ outcome }) => outcome === 'NOT_TRIED'))
    console.error('The gateway became unavailable. To continue the import, run the same command again.');
}

/** Returns the exit code of the first failure. */
function exitCodeOfResults(results: readonly ImportResult[]): ExitCode {
  const failed = results.find(({ outcome }) => outcome === 'FAILED');
  return failed === undefined ? EXIT.OK : exitCodeOf(failed.code);
}
