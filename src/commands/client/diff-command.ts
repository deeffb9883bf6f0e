// The command `diff`: compares the secrets of two tags, or of a file and the gateway, without showing values.
import { existsSync } from 'node:fs';
import type { SecretsClient } from '../../client/secrets-client.ts';
import type { FormatName } from '../../formats/formats.ts';
import type { CliCommand } from '../cli-command.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import { printJson } from '../output.ts';
import { progressOn } from '../progress.ts';
import { table } from '../table.ts';
import { byBaseName } from './base-name.ts';
import { chosenSecrets, isTag, storedSecrets } from './chosen-secrets.ts';
import { clientCommand } from './client-command.ts';
import { revealValues } from './reveal-values.ts';
import { compareSides, type DiffRow, type DiffSide, type DiffState } from './secrets-diff.ts';
import { FORMAT_NAMES, formatOf, isError, problemTable, readSecretsFile, type SecretsFile } from './secrets-file.ts';

interface DiffOptions {
  format?: FormatName;
  fullNames?: true;
  all?: true;
  json?: true;
}

export function diffCommand(): CliCommand {
  return clientCommand(
    'diff <LEFT> [RIGHT]',
    'compares two tags, or a file and the gateway: same, different or missing, never values',
    async ({ client }, left: string, right: string | undefined, options: DiffOptions) => {
      const sides = [left, right].map((side) => (side !== undefined && !isFile(side) ? requireTag(side) : side));
      const read = readerOf(options.format);
      const l = await sideOf(client, read, [sides[0], sides[1]], options.fullNames);
      const r = await sideOf(client, read, [sides[1], sides[0]], options.fullNames);
      const rows = compareSides(l, r);
      const changed = rows.filter(({ state }) => state !== 'SAME');
      if (options.json) printJson(rows);
      else printRows(options.all ? rows : changed, rows, left, right ?? 'gateway');
      return changed.length === 0 ? EXIT.OK : EXIT.FAILED;
    },
  )
    .option('--format <FORMAT>', `the format of a file: ${FORMAT_NAMES}`, formatOf)
    .option('--full-names', 'compares secrets with the same complete name, in place of the same base name')
    .option('--all', 'also lists the secrets with the same value')
    .withJson()
    .withNotes(`LEFT and RIGHT are each a tag KEY:VALUE or the path of a file; - is standard input. Without RIGHT, the command compares the file with the
secrets of the gateway that have the same names. The base name of a secret is its name without the value of the tag: DB_URL for the secret DB_URL_prod
with the tag env:prod. The gateway records a reveal of each compared secret. The exit code is 1 if there is a difference.

Examples:
  secrets-gateway diff env:dev env:prod
  secrets-gateway diff .env env:dev`);
}

const isFile = (text: string) => text === '-' || existsSync(text);

function requireTag(text: string): string {
  if (isTag(text)) return text;
  throw new CommandFailed('LEFT and RIGHT must each be a tag KEY:VALUE or the path of a file that exists.', EXIT.USAGE);
}

type ReadFile = (path: string) => Promise<SecretsFile>;

/** Returns a function that reads each file once, because standard input can be read only once. */
function readerOf(format: FormatName | undefined): ReadFile {
  const files = new Map<string, Promise<SecretsFile>>();
  const read = async (path: string) => {
    const file = await readSecretsFile(path, format);
    if (file.problems.length > 0) console.error(`${problemTable(file.problems)}\n`);
    if (file.problems.some(isError))
      throw new CommandFailed(`The file ${path} has invalid entries. Correct the file.`, EXIT.USAGE);
    return file;
  };
  return (path) => {
    const known = files.get(path) ?? read(path);
    files.set(path, known);
    return known;
  };
}

/** Returns one side of the comparison. A side that is undefined has the secrets with the names of the other side, which is a file. */
async function sideOf(
  client: SecretsClient,
  read: ReadFile,
  [side, other]: readonly [string | undefined, string | undefined],
  fullNames = false,
): Promise<DiffSide> {
  if (side !== undefined && isFile(side)) {
    const { entries } = await read(side);
    return new Map(entries.map(({ name, proposal = name, value }) => [proposal, { name, revealed: { value } }]));
  }
  if (side === undefined) {
    if (other === undefined || !isFile(other))
      throw new CommandFailed('RIGHT is missing. Only a file can be compared with the gateway alone.', EXIT.USAGE);
    const { entries } = await read(other);
    const stored = await storedSecrets(
      client,
      entries.map(({ name, proposal = name }) => proposal),
    );
    return revealedSide(client, stored);
  }
  const secrets = await chosenSecrets(client, { tags: [side] });
  return revealedSide(
    client,
    fullNames ? new Map(secrets.map((secret) => [secret.name, secret])) : byBaseName(secrets, side),
  );
}

async function revealedSide(
  client: SecretsClient,
  secrets: ReadonlyMap<string, { readonly name: string }>,
): Promise<DiffSide> {
  const progress = progressOn(process.stderr);
  const names = [...secrets.values()].map(({ name }) => name);
  const values = await revealValues(client, names, progress.update).finally(progress.end);
  return new Map(
    [...secrets].map(([key, { name }]) => [key, { name, revealed: values.get(name) ?? { code: 'NOT_FOUND' } }]),
  );
}

function printRows(shown: readonly DiffRow[], all: readonly DiffRow[], left: string, right: string): void {
  const words = {
    SAME: 'same',
    DIFFERENT: 'different',
    ONLY_LEFT: `missing in ${right}`,
    ONLY_RIGHT: `missing in ${left}`,
    UNKNOWN: 'not compared: no permission to read a value',
  } satisfies Record<DiffState, string>;
  const lines = shown.map(({ name, state, left: l, right: r }) => [name, words[state], l ?? '', r ?? '']);
  if (lines.length > 0) console.log(`${table(['name', '', left, right], lines)}\n`);
  const counts = (Object.keys(words) as DiffState[]).map(
    (state) => [all.filter((row) => row.state === state).length, words[state]] as const,
  );
  const said = counts.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
  console.log(said.length === 0 ? 'Both sides are empty.' : `${said.join(', ')}.`);
}
