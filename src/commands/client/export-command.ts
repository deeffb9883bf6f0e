// The command `export`: reveals values and prints them in the format of a file.

import type { NamedValue } from '../../formats/format.ts';
import { FORMATS, type FormatName } from '../../formats/formats.ts';
import type { CliCommand } from '../cli-command.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import { progressOn } from '../progress.ts';
import { table } from '../table.ts';
import { byBaseName } from './base-name.ts';
import { chosenSecrets } from './chosen-secrets.ts';
import { clientCommand } from './client-command.ts';
import { collect } from './option-values.ts';
import { printTo } from './private-file.ts';
import { askYes } from './prompt.ts';
import { revealValues } from './reveal-values.ts';
import { FORMAT_NAMES, formatOf } from './secrets-file.ts';

interface ExportOptions {
  format: FormatName;
  tag?: string[];
  all?: true;
  baseNames?: true;
  out?: string;
  skip?: true;
  yes?: true;
}

export function exportCommand(): CliCommand {
  return clientCommand(
    'export [NAME...]',
    'reveals secrets and prints their values as a file',
    async ({ client }, names: string[], options: ExportOptions) => {
      const { format, tag: tags = [], out, skip = false } = options;
      if (options.baseNames && tags.length !== 1)
        throw new CommandFailed('--base-names requires exactly one --tag.', EXIT.USAGE);
      const secrets = await chosenSecrets(client, { names, tags, isAll: options.all ?? false });
      if (secrets.length === 0) throw new CommandFailed('You may see no secret with these tags.', EXIT.NOT_FOUND);
      await warn(secrets.length, options.yes ?? false);
      const revealing = progressOn(process.stderr);
      const values = await revealValues(
        client,
        secrets.map(({ name }) => name),
        revealing.update,
      ).finally(revealing.end);
      const named = options.baseNames
        ? byBaseName(secrets, tags[0] as string)
        : new Map(secrets.map((secret) => [secret.name, secret]));
      const entries: NamedValue[] = [];
      const missing: string[][] = [];
      for (const [name, secret] of named) {
        const revealed = values.get(secret.name);
        if (revealed !== undefined && 'value' in revealed) entries.push({ name, value: revealed.value });
        else missing.push([secret.name, revealed?.code ?? '', 'The gateway did not reveal the value.']);
      }
      const { text, unprintable } = FORMATS[format].print(entries);
      for (const { name, code, message } of unprintable) missing.push([name, code, message]);
      if (missing.length > 0) console.error(table(['name', 'code', 'not exported'], missing));
      if (missing.length > 0 && !skip) {
        console.error('Nothing was written. Choose another format, or add --skip to write the other secrets.');
        return EXIT.FAILED;
      }
      await printTo(out, text);
      return EXIT.OK;
    },
  )
    .option('--format <FORMAT>', FORMAT_NAMES, formatOf, 'dotenv')
    .option('--tag <KEY:VALUE>', 'the secrets with the tag; several tags must all match', collect)
    .option('--all', 'all secrets that you may see')
    .option(
      '--base-names',
      'prints names without the value of the tag: with --tag env:prod, DB_URL for the secret DB_URL_prod',
    )
    .option('--out <FILE>', 'writes to a file that only you can read, in place of standard output')
    .option('--skip', 'leaves out secrets that cannot be revealed, or whose values the format cannot express')
    .option('-y, --yes', 'exports without a question')
    .withNotes(`The output contains the values without encryption. The gateway records a reveal of each secret.

Examples:
  secrets-gateway export --tag env:dev --base-names --out .env
  secrets-gateway export DB_URL API_KEY --format kubernetes | kubectl apply -f -`);
}

/** Warns that the output contains values. Asks for a confirmation if the command runs at a terminal. @throws CommandFailed */
async function warn(count: number, isConfirmed: boolean): Promise<void> {
  const values = `${count} secret value${count === 1 ? '' : 's'}`;
  console.error(`Warning: the output contains ${values} without encryption. The gateway records each reveal.`);
  if (isConfirmed || !process.stdin.isTTY) return;
  if (!(await askYes('Export?'))) throw new CommandFailed('Nothing was exported.');
}
