// The commands who-can and why.
import type { Access, AccessExplanation } from '../../client/secrets-client.ts';
import type { CliCommand } from '../cli-command.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import { printJson } from '../output.ts';
import { table } from '../table.ts';
import { clientCommand } from './client-command.ts';
import { accessArgument, accessOf } from './option-values.ts';

export function whoCanCommand(): CliCommand {
  return clientCommand(
    'who-can <NAME>',
    'lists the users and applications with access to a secret, and why',
    async ({ client }, name: string, { access, json }: { access?: Access; json?: true }) => {
      const entries = await Array.fromAsync(client.whoCan(name, access));
      if (json) printJson(entries);
      else {
        const rows = entries.map(({ principal, access: held, paths }) => [
          principal.name,
          principal.id,
          held.join(' '),
          paths.map(wordsFor).join('; '),
        ]);
        console.log(table(['name', 'id', 'access', 'by'], rows));
      }
      return EXIT.OK;
    },
  )
    .option('--access <ACCESS>', 'only CREATE, READ, UPDATE, DELETE or EXECUTE', accessOf)
    .withJson();
}

export function whyCommand(): CliCommand {
  return clientCommand(
    'why <NAME>',
    'explains why you have or do not have an access; the exit code is 1 if the access is denied',
    async ({ client }, name: string, access: Access, options: { for?: string; json?: true }) => {
      const principal = options.for === undefined ? undefined : await principalId(client.userId, options.for);
      const explanation = await client.why(name, access, principal);
      if (options.json) printJson(explanation);
      else {
        const { allowed, principalActive, paths, nearMisses } = explanation;
        console.log(allowed ? 'allowed' : 'denied');
        if (!principalActive) console.log('  The principal is not active.');
        for (const path of paths) console.log(`  ${wordsFor(path)}`);
        for (const { message } of nearMisses) console.log(`  ${message}`);
      }
      return explanation.allowed ? EXIT.OK : EXIT.FAILED;
    },
  )
    .addArgument(accessArgument())
    .option('--for <PRINCIPAL>', 'a username, or the id of a user or an application; needs ADMIN or AUDITOR')
    .withJson();
}

/** @throws CommandFailed if the user does not exist, or the caller may not see the user */
async function principalId(userId: (name: string) => Promise<string | undefined>, text: string): Promise<string> {
  if (/^(usr|app)_/.test(text)) return text;
  const id = await userId(text);
  if (id === undefined) throw new CommandFailed('No such user. For an application, use the id app_….', EXIT.NOT_FOUND);
  return id;
}

function wordsFor({ access, group, tag, role, permission }: AccessExplanation['paths'][number]): string {
  const by =
    role === null ? (tag === null ? 'a grant on the name' : `a grant on the tag ${tag.id}`) : `the role ${role}`;
  const through = group === null ? '' : ` to the group ${group.name}`;
  const until = permission?.expiresAt ? ` until ${permission.expiresAt}` : '';
  return `${access.join(' ')} by ${by}${through}${until}`;
}
