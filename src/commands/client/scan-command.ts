// The command `scan`: finds the values of secrets in files or in a git history. The output names secrets and places, never values.
import type { SecretsClient } from '../../client/secrets-client.ts';
import type { CliCommand } from '../cli-command.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import { printJson } from '../output.ts';
import { progressOn } from '../progress.ts';
import { table } from '../table.ts';
import { chosenSecrets } from './chosen-secrets.ts';
import { clientCommand } from './client-command.ts';
import { collect } from './option-values.ts';
import { revealValues } from './reveal-values.ts';
import { commitOf, fileSource, historySource, type ScanSource, stagedSource } from './scan-sources.ts';
import { type ValueFinder, valueFinder } from './value-finder.ts';

interface ScanOptions {
  git?: string | true;
  staged?: true;
  tag?: string[];
  json?: true;
}

interface Finding {
  readonly secret: string;
  readonly file: string;
  readonly line: number;
  /** The oldest commit with the value, for a scan of a git history. */
  readonly commit?: string;
}

export function scanCommand(): CliCommand {
  return clientCommand(
    'scan [PATH...]',
    'finds the values of secrets in files or in a git history, and prints only the names and places',
    async ({ client }, paths: string[], options: ScanOptions) => {
      const source = await sourceOf(paths, options);
      const finder = await finderOf(client, options.tag ?? []);
      const scanning = progressOn(process.stderr);
      const found = await findingsIn(source, finder, scanning.update).finally(scanning.end);
      for (const place of source.skipped) console.error(`Skipped, larger than 64 MiB: ${place}`);
      if (options.json) printJson(found);
      else if (found.length > 0) {
        const rows = found.map(({ secret, file, line, commit = '' }) => [secret, `${file}:${line}`, commit]);
        console.log(table(['secret', 'place', options.git === undefined ? '' : 'commit'], rows));
      }
      console.error(
        found.length === 0 ? 'No value of a secret was found.' : `${found.length} places with the value of a secret.`,
      );
      return found.length === 0 ? EXIT.OK : EXIT.FAILED;
    },
  )
    .option(
      '--git [RANGE]',
      'searches all versions of all files and all commit messages: in all commits, or in a range such as main..HEAD',
    )
    .option('--staged', 'searches the files that the next git commit would contain')
    .option('--tag <KEY:VALUE>', 'searches only for the values of secrets with the tag', collect)
    .withJson()
    .withNotes(`The command reveals the current value of each secret that you can read, and the gateway records each reveal. The search also finds encoded
values, such as base64 and JSON. The search omits values with fewer than 4 characters and values that are one word. The exit code is 1 if a value was found.

Examples:
  secrets-gateway scan src config
  secrets-gateway scan --git origin/main..HEAD
  secrets-gateway scan --staged                # in .git/hooks/pre-commit`);
}

/** @throws CommandFailed */
function sourceOf(paths: readonly string[], { git, staged }: ScanOptions): Promise<ScanSource> {
  const choices = [paths.length > 0, git !== undefined, staged !== undefined].filter((isChosen) => isChosen).length;
  if (choices !== 1) throw new CommandFailed('Expected either PATH, or --git, or --staged.', EXIT.USAGE);
  if (git !== undefined) return historySource(git === true ? undefined : git);
  return staged ? stagedSource() : fileSource(paths);
}

async function finderOf(client: SecretsClient, tags: readonly string[]): Promise<ValueFinder> {
  const secrets = await chosenSecrets(client, tags.length > 0 ? { tags } : { isAll: true });
  const readable = secrets.filter(({ viewerAccess }) => viewerAccess.includes('READ')).map(({ name }) => name);
  const revealing = progressOn(process.stderr);
  const revealed = await revealValues(client, readable, revealing.update).finally(revealing.end);
  const values = new Map([...revealed].flatMap(([name, one]) => ('value' in one ? [[name, one.value] as const] : [])));
  console.error(
    `Searching for the values of ${values.size} of ${secrets.length} secrets. The gateway recorded each reveal.`,
  );
  return valueFinder(values);
}

async function findingsIn(
  source: ScanSource,
  finder: ValueFinder,
  onProgress: (done: number, total: number) => void,
): Promise<Finding[]> {
  const found: Finding[] = [];
  let done = 0;
  for await (const { place, text, object } of source.texts()) {
    onProgress(done++, source.count);
    const here = finder.find(text);
    if (here.length === 0) continue;
    const commit = object === undefined ? {} : { commit: await commitOf(object) };
    for (const { name, line } of here) found.push({ secret: name, file: place, line, ...commit });
  }
  onProgress(source.count, source.count);
  return found;
}
