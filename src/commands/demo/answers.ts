// What a story looks for in answers.
import { Sensitive } from '../../sensitive.ts';
import type { Answer } from './client.ts';
import type { Json } from './pretty.ts';
import { Broken } from './stage.ts';

/** What stands at `path` (`secret.tags.0.id`); undefined if nothing does. */
export function found(json: Json, path: string): Json | undefined {
  let at: Json | undefined = json;
  for (const part of path.split('.')) {
    if (at === null || typeof at !== 'object') return undefined;
    at = (at as Record<string, Json>)[part];
  }
  return at;
}

/** @throws Broken */
export function textOf({ data }: Answer, path: string): string {
  const text = found(data, path);
  if (typeof text !== 'string') throw new Broken(`Expected: ${path} in the answer.`);
  return text;
}

/** @throws Broken */
export function tokenOf(answer: Answer, path: string): Sensitive {
  return new Sensitive(textOf(answer, path));
}
