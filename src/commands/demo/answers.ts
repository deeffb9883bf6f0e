// Reads values from answers to GraphQL requests.
import { Sensitive } from '../../sensitive.ts';
import type { Answer } from './client.ts';
import type { Json } from './pretty.ts';
import { StepFailed } from './stage.ts';

/** Returns the value at a path such as `secret.tags.0.id`. Returns undefined if the answer contains no value at the path. */
export function valueAt(json: Json, path: string): Json | undefined {
  let at: Json | undefined = json;
  for (const part of path.split('.')) {
    if (at === null || typeof at !== 'object') return undefined;
    at = (at as Record<string, Json>)[part];
  }
  return at;
}

/** @throws StepFailed */
export function textOf({ data }: Answer, path: string): string {
  const text = valueAt(data, path);
  if (typeof text !== 'string') throw new StepFailed(`Expected: ${path} in the answer.`);
  return text;
}

/** @throws StepFailed */
export function tokenOf(answer: Answer, path: string): Sensitive {
  return new Sensitive(textOf(answer, path));
}
