// What an environment variable is: configuration next to secrets, kept and shown as it is. Workflows name it `${workflow.env.NAME}`.

import { BadInput } from '../errors.ts';
import { valueProblem } from '../primitives/input.ts';
import type { Grant } from '../principals/principal.ts';

declare const brand: unique symbol;
/** A checked name: 1 to 255 of `A-Z a-z 0-9 _ -`, like a secret's, so that what follows a dot is a path into the value. */
export type VariableName = string & { readonly [brand]: 'VariableName' };

/** As it shows to whoever may read it. */
export interface EnvironmentVariable {
  name: string;
  value: string;
  /** Current tags, in order. */
  tags: string[];
}

/** What is decided on, and what is shown. */
export interface VariableView extends Omit<EnvironmentVariable, 'value'> {
  /** Null where nothing could let the caller read it. */
  value: string | null;
  /** On the variable's name, to the caller. */
  nameGrants: Grant[];
}

export function isVariableName(text: string): text is VariableName {
  return /^[A-Za-z0-9_-]{1,255}$/.test(text);
}

/** @throws BadInput naming `name` */
export function variableName(text: string): VariableName {
  if (!isVariableName(text)) throw new BadInput('name', '1 to 255 of A-Z a-z 0-9 _ -');
  return text;
}

/** A value as it can be kept: PostgreSQL knows no NUL in a text. @throws BadInput naming `value` */
export function variableValue(text: string): string {
  const problem = valueProblem(text) ?? (text.includes('\0') ? 'without NUL' : undefined);
  if (problem !== undefined) throw new BadInput('value', problem);
  return text;
}
