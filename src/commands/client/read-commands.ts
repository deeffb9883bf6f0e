// The commands that read secrets: list, get, versions and history.
import type { Access, Secret } from '../../client/secrets-client.ts';
import type { CliCommand } from '../cli-command.ts';
import { EXIT } from '../exit-code.ts';
import { printJson, printText } from '../output.ts';
import { table } from '../table.ts';
import { clientCommand } from './client-command.ts';
import { accessOf, collect, positiveInteger } from './option-values.ts';

interface ListOptions {
  name?: string;
  tag?: string[];
  access?: Access;
  deleted?: true;
  json?: true;
}

export function listCommand(): CliCommand {
  return clientCommand(
    'list',
    'lists the secrets that you may see, without their values',
    async ({ client }, { name, tag = [], access, deleted, json }: ListOptions) => {
      const filter = {
        ...(name !== undefined && { nameContains: name }),
        ...(tag.length > 0 && { tags: tag }),
        ...(access !== undefined && { access: [access] }),
        ...(deleted && { deleted }),
      };
      const secrets = await Array.fromAsync(client.list(filter));
      if (json) printJson(secrets);
      else if (secrets.length > 0) console.log(table(['name', 'version', 'tags', 'expires'], secrets.map(rowOf), [1]));
      return EXIT.OK;
    },
  )
    .option('--name <TEXT>', 'only secrets whose name contains the text')
    .option('--tag <KEY:VALUE>', 'only secrets with the tag; several tags must all match', collect)
    .option('--access <ACCESS>', 'only secrets to which you have the access', accessOf)
    .option('--deleted', 'lists the deleted secrets that can be restored')
    .withJson();
}

const rowOf = ({ name, version, tags, expiresAt }: Secret) => [name, String(version), tags.join(' '), expiresAt ?? ''];

export function getCommand(): CliCommand {
  return clientCommand(
    'get <NAME>',
    'prints the value of a secret, byte for byte and without a line break at the end',
    async ({ client }, name: string, { version, json }: { version?: number; json?: true }) => {
      const value = await client.get(name, version === undefined ? {} : { version });
      if (json) printJson({ name, value });
      else printText(value);
      return EXIT.OK;
    },
  )
    .option('--version <NUMBER>', 'an earlier version', positiveInteger)
    .withJson();
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
      const events = [];
      for await (const event of client.history(name)) {
        events.push(event);
        if (events.length === limit) break;
      }
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
