// Reads a file with secrets for a command, and prints the problems of the file.
import { InvalidArgumentError } from 'commander';
import { type Parsed, PROBLEMS, type Problem } from '../../formats/format.ts';
import { FORMATS, type FormatName, guessedFormat, isFormatName } from '../../formats/formats.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import { table } from '../table.ts';
import { readBytes, textOf } from './value-input.ts';

const MOST_BYTES = 64 * 1024 * 1024;
export const FORMAT_NAMES = Object.keys(FORMATS).join(', ');

/** Parses the value of the option `--format`. */
export function formatOf(text: string): FormatName {
  if (isFormatName(text)) return text;
  throw new InvalidArgumentError(`Expected one of ${FORMAT_NAMES}.`);
}

export interface SecretsFile extends Parsed {
  readonly format: FormatName;
}

/** Reads and parses a file with secrets. The path `-` is standard input. @throws CommandFailed */
export async function readSecretsFile(path: string, format?: FormatName): Promise<SecretsFile> {
  const text = textOf(await readBytes(path, MOST_BYTES));
  const name = format ?? guessedFormat(path, text);
  if (name === undefined)
    throw new CommandFailed(`The format of the file is not clear. Set --format to one of ${FORMAT_NAMES}.`, EXIT.USAGE);
  return { ...FORMATS[name].parse(text), format: name };
}

/** Formats the problems of a file as a table. */
export function problemTable(problems: readonly Problem[]): string {
  return table(
    ['line', '', 'code', 'name', 'problem'],
    problems.map(({ line, code, name = '', message }) => [String(line), severityOf(code), code, name, message]),
    [0],
  );
}

const severityOf = (code: Problem['code']) => (PROBLEMS[code].isError ? 'error' : 'warning');

export const isError = ({ code }: Problem): boolean => PROBLEMS[code].isError;
