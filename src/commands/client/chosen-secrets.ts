// The secrets that a command works on: named secrets, the secrets with all of some tags, or all secrets.
import type { Secret, SecretsClient } from '../../client/secrets-client.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';

/** The number of secrets between two reports of progress. The client combines the secrets of one step into few requests. */
const STEP = 200;

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
  const stored = new Map<string, Secret>();
  for (let at = 0; at < unique.length; at += STEP) {
    onProgress(at, unique.length);
    const found = await Promise.all(unique.slice(at, at + STEP).map((name) => client.find(name)));
    for (const secret of found) if (secret !== undefined) stored.set(secret.name, secret);
  }
  if (unique.length > 0) onProgress(unique.length, unique.length);
  return stored;
}

export const isTag = (text: string): boolean => /^[^:]+:[^:]/.test(text);
