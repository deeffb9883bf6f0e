// The command render: replaces references to secrets in a template.
import { SecretsGatewayError, unresolvedIn } from '../../client/secrets-client.ts';
import type { CliCommand } from '../cli-command.ts';
import { EXIT } from '../exit-code.ts';
import { clientCommand } from './client-command.ts';
import { printTo } from './private-file.ts';
import { readBytes, textOf } from './value-input.ts';

const MOST_BYTES = 4 * 1_048_576;

export function renderCommand(): CliCommand {
  return clientCommand(
    'render <FILE>',
    'replaces references ${workflow.secrets.NAME} in a template with the values; - means standard input',
    async ({ client }, file: string, { out }: { out?: string }) => {
      const template = textOf(await readBytes(file, MOST_BYTES));
      const resolved = await client.resolve(template).catch((error: unknown) => {
        throw withReferences(error);
      });
      const text = typeof resolved === 'string' ? resolved : JSON.stringify(resolved);
      await printTo(out, text);
      return EXIT.OK;
    },
  )
    .option('--out <FILE>', 'replaces the file atomically; only you can read the file')
    .withNotes(`The template can contain at most 200 different secrets. Other expressions stay unchanged.

Example:
  secrets-gateway render app.conf.template --out /run/app/app.conf`);
}

/** Adds the unresolved references to the message of an error. */
function withReferences(error: unknown): unknown {
  const references = unresolvedIn(error);
  if (!(error instanceof SecretsGatewayError) || references.length === 0) return error;
  const lines = references.map(({ name, problem }) => `  ${name}: ${problem}`);
  return new SecretsGatewayError(error.code, `These references cannot be resolved:\n${lines.join('\n')}`, {
    details: { ...error.details },
  });
}
