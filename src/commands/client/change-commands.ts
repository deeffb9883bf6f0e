// The commands that change secrets: set, generate, rotate, delete, restore, tag and rollback.
import {
  type Alphabet,
  randomValue,
  type Secret,
  type SecretsClient,
  SecretsGatewayError,
} from '../../client/secrets-client.ts';
import type { CliCommand } from '../cli-command.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import { printJson } from '../output.ts';
import { clientCommand } from './client-command.ts';
import { alphabetOf, collect, positiveInteger, timeOf } from './option-values.ts';
import { askShown } from './prompt.ts';
import { addValueOptions, readValue, type ValueOptions } from './value-input.ts';

interface Json {
  json?: true;
}

interface DetailOptions {
  tag?: string[];
  description?: string;
  expires?: Date;
}

const detailsOf = ({ tag = [], description, expires }: DetailOptions) => ({
  tags: tag,
  ...(description !== undefined && { description }),
  ...(expires !== undefined && { expiresAt: expires }),
});

function addDetailOptions(command: CliCommand): CliCommand {
  return command
    .option('--tag <KEY:VALUE>', 'adds a tag; can be repeated', collect)
    .option('--description <TEXT>', 'the purpose of the secret')
    .option('--expires <TIME>', 'the time when the secret expires', timeOf);
}

/** Applies the details to a secret that existed before. */
async function withDetails(client: SecretsClient, secret: Secret, options: DetailOptions): Promise<Secret> {
  const { tags, ...changes } = detailsOf(options);
  let changed = secret;
  if (Object.keys(changes).length > 0) changed = await client.update(secret.name, changes);
  if (tags.length > 0) changed = await client.tag(secret.name, tags);
  return changed;
}

function report(secret: Secret, words: string, { json }: Json): number {
  if (json) printJson(secret);
  else console.log(`${secret.name}: ${words}, version ${secret.version}`);
  return EXIT.OK;
}

export function setCommand(): CliCommand {
  const command = clientCommand(
    'set <NAME>',
    'stores a value from a file, standard input or a prompt: creates the secret, or adds a version',
    async ({ client }, name: string, options: ValueOptions & DetailOptions & Json) => {
      const value = await readValue(options);
      const { secret, created, changed } = await client.set(name, value, detailsOf(options));
      if (created) return report(secret, 'created', options);
      return report(await withDetails(client, secret, options), changed ? 'changed' : 'unchanged', options);
    },
  );
  return addDetailOptions(addValueOptions(command))
    .withJson()
    .withNotes(`Examples:
  secrets-gateway set db-password                     # asks for the value
  secrets-gateway set tls-key --file server.key --tag env:prod
  openssl rand -base64 32 | secrets-gateway set token --strip-newline`);
}

interface GenerateOptions {
  length?: number;
  alphabet?: Alphabet;
}

function addGenerateOptions(command: CliCommand): CliCommand {
  return command
    .option('--length <NUMBER>', 'number of characters (default: 32)', positiveInteger)
    .option(
      '--alphabet <NAME>',
      'ALPHANUMERIC, HEX, BASE64URL, PRINTABLE or DIGITS (default: ALPHANUMERIC)',
      alphabetOf,
    );
}

const generateOf = ({ length, alphabet }: GenerateOptions) => ({
  ...(length !== undefined && { length }),
  ...(alphabet !== undefined && { alphabet }),
});

export function generateCommand(): CliCommand {
  const command = clientCommand(
    'generate <NAME>',
    'stores a random value that nobody sees: creates the secret, or adds a version',
    async ({ client }, name: string, options: GenerateOptions & DetailOptions & Json) => {
      const generate = generateOf(options);
      try {
        const { secret } = await client.rotate(name, { generate });
        return report(await withDetails(client, secret, options), 'changed', options);
      } catch (error) {
        if (!(error instanceof SecretsGatewayError) || error.code !== 'NOT_FOUND') throw error;
      }
      const secret = await client.create(name, randomValue(generate), detailsOf(options));
      return report(secret, 'created', options);
    },
  );
  return addDetailOptions(addGenerateOptions(command)).withJson();
}

export function rotateCommand(): CliCommand {
  const command = clientCommand(
    'rotate <NAME>',
    'stores a new value of an existing secret, from a file, standard input or a prompt',
    async (
      { client },
      name: string,
      options: ValueOptions & GenerateOptions & Json & { generate?: true; expect?: number },
    ) => {
      const expected = options.expect === undefined ? {} : { expectedVersion: options.expect };
      const value = options.generate ? { generate: generateOf(options) } : { value: await readValue(options) };
      const { secret, changed } = await client.rotate(name, { ...value, ...expected });
      return report(secret, changed ? 'changed' : 'unchanged', options);
    },
  )
    .option('--generate', 'lets the gateway generate a random value')
    .option('--expect <VERSION>', 'fails unless the current version has this number', positiveInteger);
  return addGenerateOptions(addValueOptions(command)).withJson();
}

export function deleteCommand(): CliCommand {
  return clientCommand(
    'delete <NAME>',
    'deletes a secret; for 30 days, restore can restore the secret',
    async (
      { client },
      name: string,
      { purge = false, yes = false, json }: Json & { purge?: boolean; yes?: boolean },
    ) => {
      if (purge && !yes) {
        const typed = await askShown('Type the name of the secret to destroy all its values: ', 'Add --yes.');
        if (typed !== name) throw new CommandFailed('The name is different. Nothing was changed.', EXIT.USAGE);
      }
      const deleted = await client.delete(name, { purge });
      if (json) printJson(deleted);
      else if (deleted.restorableUntil === null) console.log(`${name}: destroyed`);
      else console.log(`${name}: deleted, can be restored until ${deleted.restorableUntil}`);
      return EXIT.OK;
    },
  )
    .option('--purge', 'destroys the values of all versions, so that nobody can restore the secret')
    .option('--yes', 'does not ask before a purge')
    .withJson();
}

export function restoreCommand(): CliCommand {
  return clientCommand(
    'restore <NAME-OR-ID>',
    'restores a deleted secret by its name or its id',
    async ({ client }, name: string, options: Json) => {
      const deleted = await Array.fromAsync(client.list({ deleted: true, nameContains: name }));
      const ids = deleted.filter((secret) => secret.name === name).map(({ id }) => id);
      if (ids.length > 1)
        throw new CommandFailed(
          `Several deleted secrets have this name. Restore one by its id: ${ids.join(', ')}`,
          EXIT.CONFLICT,
        );
      return report(await client.restore(ids[0] ?? name), 'restored', options);
    },
  ).withJson();
}

export function tagCommand(): CliCommand {
  return clientCommand(
    'tag <NAME> <KEY:VALUE...>',
    'adds tags to a secret, or removes tags',
    async ({ client }, name: string, tags: string[], { remove, json }: Json & { remove?: true }) => {
      const secret = remove ? await client.untag(name, tags) : await client.tag(name, tags);
      if (json) printJson(secret);
      else console.log(`${name}: ${secret.tags.join(' ') || 'no tags'}`);
      return EXIT.OK;
    },
  )
    .option('--remove', 'removes the tags')
    .withJson();
}

export function rollbackCommand(): CliCommand {
  return clientCommand(
    'rollback <NAME>',
    'stores the value of an earlier version as the next version',
    async ({ client }, name: string, version: number, options: Json) =>
      report(await client.rollback(name, version), 'rolled back', options),
  )
    .argument('<VERSION>', 'the number of the earlier version', positiveInteger)
    .withJson();
}
