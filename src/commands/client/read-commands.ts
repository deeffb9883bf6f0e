// The commands that read secrets: list, get, versions and history.
import type { Access, Secret } from '../../client/secrets-client.ts';
import type { CliCommand } from '../cli-command.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../output.ts';
import { table } from '../table.ts';
import { clientCommand } from './client-command.ts';
import { accessOf, collect, positiveInteger, timeOf } from './option-values.ts';
import { printTo } from './private-file.ts';

interface ListOptions {
  name?: string;
  tag?: string[];
  access?: Access;
  expiresBefore?: Date;
  deleted?: true;
  limit?: number;
  names?: true;
  json?: true;
}

export function listCommand(): CliCommand {
  return clientCommand(
    'list',
    'lists the secrets that you may see, without their values',
    async ({ client }, { name, tag = [], access, expiresBefore, deleted, limit, names, json }: ListOptions) => {
      const filter = {
        ...(name !== undefined && { nameContains: name }),
        ...(tag.length > 0 && { tags: tag }),
        ...(access !== undefined && { access: [access] }),
        ...(expiresBefore !== undefined && { expiresBefore }),
        ...(deleted && { deleted }),
      };
      const secrets = await firstOf(client.list(filter), limit);
      if (json) printJson(secrets);
      else if (secrets.length === 0) console.error('You may see no secret that matches.');
      else if (names) console.log(secrets.map((secret) => secret.name).join('\n'));
      else console.log(table(['name', 'version', 'tags', 'expires'], secrets.map(rowOf), [1]));
      return EXIT.OK;
    },
  )
    .option('--name <TEXT>', 'only secrets whose name contains the text')
    .option('--tag <KEY:VALUE>', 'only secrets with the tag; several tags must all match', collect)
    .option('--access <ACCESS>', 'only secrets to which you have the access', accessOf)
    .option('--expires-before <TIME>', 'only secrets that expire before the time', timeOf)
    .option('--deleted', 'lists the deleted secrets that can be restored')
    .option('--limit <NUMBER>', 'maximum number of secrets', positiveInteger)
    .option('--names', 'prints only the names, one name a line')
    .withJson()
    .withNotes(`Examples:
  secrets-gateway list --tag env:prod --tag team:payments
  secrets-gateway list --expires-before 2027-01-31 --json | jq -r '.[].name'`);
}

/** Reads the first elements of a list, and no further page. */
async function firstOf<T>(list: AsyncIterable<T>, limit = Number.POSITIVE_INFINITY): Promise<T[]> {
  const first: T[] = [];
  for await (const element of list) {
    first.push(element);
    if (first.length >= limit) break;
  }
  return first;
}

const rowOf = ({ name, version, tags, expiresAt }: Secret) => [name, String(version), tags.join(' '), expiresAt ?? ''];

export function getCommand(): CliCommand {
  return clientCommand(
    'get <NAME>',
    'prints the value of a secret, byte for byte and without a line break at the end',
    async ({ client }, name: string, { version, out, json }: { version?: number; out?: string; json?: true }) => {
      const value = await client.get(name, version === undefined ? {} : { version });
      const text = json ? `${JSON.stringify({ name, value }, undefined, 2)}\n` : value;
      await printTo(out, text);
      // On a terminal, the prompt of the shell begins in a new line.
      if (out === undefined && process.stdout.isTTY && !text.endsWith('\n')) process.stderr.write('\n');
      return EXIT.OK;
    },
  )
    .option('--out <FILE>', 'replaces the file atomically; only you can read the file')
    .option('--version <NUMBER>', 'an earlier version', positiveInteger)
    .withJson()
    .withNotes(`Examples:
  secrets-gateway get tls-key --out /run/app/tls.key
  secrets-gateway get db | jq -r .password                # a member of a value that is JSON`);
}

export function versionsCommand(): CliCommand {
  return clientCommand(
    'versions <NAME>',
    'lists the versions of a secret, newest first',
    async ({ client }, name: string, { json }: { json?: true }) => {
      const versions = await Array.fromAsync(client.versions(name));
      if (json) printJson(versions);
      else {
        const rows = versions.map(({ number, createdAt, createdBy, destroyedAt }) => [
          String(number),
          createdAt,
          createdBy?.name ?? '',
          destroyedAt === null ? '' : `destroyed ${destroyedAt}`,
        ]);
        console.log(table(['version', 'created', 'by', ''], rows, [0]));
      }
      return EXIT.OK;
    },
  ).withJson();
}

export function historyCommand(): CliCommand {
  return clientCommand(
    'history <NAME>',
    'lists the audit events of a secret, newest first; needs ADMIN or AUDITOR',
    async ({ client }, name: string, { limit, json }: { limit?: number; json?: true }) => {
      const events = await firstOf(client.history(name), limit);
      if (json) printJson(events);
      else {
        const rows = events.map(({ at, action, outcome, actor, version }) => [
          at,
          action,
          outcome,
          actor.name,
          version === null ? '' : String(version),
        ]);
        console.log(table(['time', 'action', 'outcome', 'by', 'version'], rows, [4]));
      }
      return EXIT.OK;
    },
  )
    .option('--limit <NUMBER>', 'maximum number of audit events', positiveInteger)
    .withJson();
}
