// Environment variables contain configuration that is not secret. Their values are stored and shown as plain text. Workflows refer to a variable as
// `${workflow.env.NAME}`.
import { BadInput } from '../errors.ts';
import { valueProblem } from '../primitives/input.ts';
import { isReferenceName, REFERENCE_NAME_RULE } from '../primitives/reference-name.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { Grant } from '../principals/principal.ts';

declare const brand: unique symbol;
/** A name that `reference-name.ts` allows. */
export type VariableName = string & { readonly [brand]: 'VariableName' };

/** A variable that the caller may read. */
export interface EnvironmentVariable {
  name: string;
  value: string;
  /** The current tags of the variable, sorted. */
  tags: TagText[];
}

/** A variable with the data that decides whether the caller may read it. */
export interface VariableView extends Omit<EnvironmentVariable, 'value'> {
  /** Null if the caller may not read the variable. */
  value: string | null;
  /** Grants on the variable's name to the caller and its groups. */
  nameGrants: Grant[];
}

export function isVariableName(text: string): text is VariableName {
  return isReferenceName(text);
}

/** @throws BadInput that names `name` */
export function variableName(text: string): VariableName {
  if (!isVariableName(text)) throw new BadInput('name', REFERENCE_NAME_RULE);
  return text;
}

/** Checks the value of an environment variable. PostgreSQL cannot store the character NUL in a string. @throws BadInput that names `value` */
export function variableValue(text: string): string {
  const problem = valueProblem(text) ?? (text.includes('\0') ? 'no NUL character' : undefined);
  if (problem !== undefined) throw new BadInput('value', problem);
  return text;
}
