// Chooses the secrets of `run`, and the environment variable or file for each secret.
import type { SecretsClient } from '../../client/secrets-client.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import { readBytes, textOf } from './value-input.ts';

export interface SelectionOptions {
  tag?: string[];
  secret?: string[];
  map?: string;
}

/** The variable of each secret: a map from the name of the variable to the name of the secret. */
export type Selection = ReadonlyMap<string, string>;

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
/**
 * Variables with which a program or its libraries load code, or choose servers and certificates. A secret that is chosen by its tag cannot set these
 * variables. Otherwise everyone who may tag a secret could run code in the program.
 */
const SENSITIVE_VARIABLES =
  /^(PATH|HOME|SHELL|IFS|ENV|BASH_ENV|BASH_FUNC.*|PS4|PROMPT_COMMAND|LD_.*|DYLD_.*|GCONV_PATH|NODE_.*|NPM_CONFIG_.*|PYTHON.*|PERL5.*|PERLLIB|RUBY(OPT|LIB)|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|CLASSPATH|GIT_.*|SSH_.*|EDITOR|VISUAL|PAGER|BROWSER|(HTTPS?|FTP|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_.*|OPENSSL_.*)$/;

/** @throws CommandFailed, SecretsGatewayError */
export async function selectionOf(client: SecretsClient, options: SelectionOptions): Promise<Selection> {
  const selection = new Map<string, string>();
  const add = (variable: string, name: string) => {
    const other = selection.get(variable);
    if (other !== undefined && other !== name)
      throw new CommandFailed(
        `${other} and ${name} have the same variable ${variable}. Choose another variable with --secret VARIABLE=NAME.`,
        EXIT.USAGE,
      );
    selection.set(variable, name);
  };
  for (const [variable, name] of [...(options.secret ?? []).map(pairOf), ...(await pairsIn(options.map))])
    add(variable, name);
  const { tag: tags = [] } = options;
  if (tags.length > 0) {
    const mapped = new Set(selection.values());
    let count = 0;
    for await (const { name } of client.list({ tags })) {
      count++;
      if (mapped.has(name)) continue;
      const variable = variableOf(name);
      if (SENSITIVE_VARIABLES.test(variable) || SENSITIVE_VARIABLES.test(`${variable}_FILE`))
        throw new CommandFailed(
          `The secret ${name} would set the variable ${variable}. If this is intended, add --secret ${variable}=${name}.`,
          EXIT.USAGE,
        );
      add(variable, name);
    }
    if (count === 0) throw new CommandFailed(`You can see no secret with the tags ${tags.join(' ')}.`, EXIT.NOT_FOUND);
  }
  if (selection.size === 0) throw new CommandFailed('No secret is chosen. Add --tag, --secret or --map.', EXIT.USAGE);
  return selection;
}

/** Returns the environment variable for a secret without a mapping: `db-password` becomes `DB_PASSWORD`. */
function variableOf(name: string): string {
  const variable = name.toUpperCase().replaceAll('-', '_');
  return /^\d/.test(variable) ? `_${variable}` : variable;
}

/** Parses `NAME` or `VARIABLE=NAME`. @throws CommandFailed */
function pairOf(text: string): [variable: string, name: string] {
  const equals = text.indexOf('=');
  const [variable, name] = equals < 0 ? [variableOf(text), text] : [text.slice(0, equals), text.slice(equals + 1)];
  if (!VARIABLE.test(variable) || name === '')
    throw new CommandFailed(
      '--secret and --map: expected NAME or VARIABLE=NAME, where NAME is the name of a secret',
      EXIT.USAGE,
    );
  return [variable, name];
}

const MOST_MAP_BYTES = 1_048_576;

/** Reads a mapping file: one `NAME` or `VARIABLE=NAME` a line. Lines that begin with `#` are comments. @throws CommandFailed */
async function pairsIn(file: string | undefined): Promise<[variable: string, name: string][]> {
  if (file === undefined) return [];
  const lines = textOf(await readBytes(file, MOST_MAP_BYTES)).split(/\r?\n/);
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(pairOf);
}
