// Parsers for the values of options. Each parser throws InvalidArgumentError, whose message names the rule and never the value.
import { Argument, InvalidArgumentError } from 'commander';
import type { Access, Alphabet } from '../../client/secrets-client.ts';

const ACCESSES = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'] as const satisfies readonly Access[];
const ALPHABETS = ['ALPHANUMERIC', 'HEX', 'BASE64URL', 'PRINTABLE', 'DIGITS'] as const satisfies readonly Alphabet[];

export const accessOf = (text: string): Access => oneOf(ACCESSES, text);
/** The argument `<ACCESS>` of a command. */
export const accessArgument = () =>
  new Argument('<ACCESS>', 'READ, EXECUTE, UPDATE, DELETE or CREATE').choices(ACCESSES).argParser(accessOf);
export const alphabetOf = (text: string): Alphabet => oneOf(ALPHABETS, text);

function oneOf<T extends string>(choices: readonly T[], text: string): T {
  const choice = choices.find((known) => known === text.toUpperCase());
  if (choice === undefined) throw new InvalidArgumentError(`Expected one of ${choices.join(', ')}.`);
  return choice;
}

export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1.');
  return Number(text);
}

export function timeOf(text: string): Date {
  const time = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('Expected a time such as 2027-01-31T09:30:00Z.');
  return time;
}

/** Collects the values of an option that the user can repeat. */
export const collect = (text: string, earlier: string[] = []): string[] => [...earlier, text];
