// The secrets that a command works on: named secrets, the secrets with all of some tags, or all secrets.
import type { Secret, SecretsClient } from '../../client/secrets-client.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import { inParallel } from './in-parallel.ts';

export interface Choice {
  readonly names?: readonly string[];
  readonly tags?: readonly string[];
  readonly isAll?: boolean;
}

/** @throws CommandFailed if nothing or too much is chosen, a tag is malformed, or a named secret does not exist */
export async function chosenSecrets(
  client: SecretsClient,
  { names = [], tags = [], isAll = false }: Choice,
): Promise<Secret[]> {
  const choices = [names.length > 0, tags.length > 0, isAll].filter((isChosen) => isChosen).length;
  if (choices !== 1) throw new CommandFailed('Choose secrets by NAME, by --tag, or by --all.', EXIT.USAGE);
  if (tags.some((tag) => !isTag(tag))) throw new CommandFailed('A tag has the form KEY:VALUE.', EXIT.USAGE);
  if (names.length === 0) return Array.fromAsync(client.list(isAll ? {} : { tags }));
  const stored = await storedSecrets(client, names);
  const missing = names.find((name) => !stored.has(name));
  if (missing !== undefined)
    throw new CommandFailed(`The secret ${missing} does not exist, or you may not see it.`, EXIT.NOT_FOUND);
  return [...stored.values()];
}

/** Returns the secrets with these names, by name. The result omits secrets that do not exist or that the caller may not see. */
export async function storedSecrets(
  client: SecretsClient,
  names: readonly string[],
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Map<string, Secret>> {
  const unique = [...new Set(names)];
  let done = 0;
  const found = await inParallel(unique, async (name) => {
    const secret = await client.find(name);
    onProgress(++done, unique.length);
    return secret;
  });
  return new Map(found.flatMap((secret) => (secret === undefined ? [] : [[secret.name, secret]])));
}

export const isTag = (text: string): boolean => /^[^:]+:[^:]/.test(text);
