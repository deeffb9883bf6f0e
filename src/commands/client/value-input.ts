// Reads a secret value from a file, from standard input, or from the terminal.
import { open } from 'node:fs/promises';
import { MAX_VALUE_LENGTH, valueProblem } from '../../primitives/input.ts';
import type { CliCommand } from '../cli-command.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import { askHidden } from './prompt.ts';

export interface ValueOptions {
  file?: string;
  stripNewline?: boolean;
  allowEmpty?: boolean;
}

/** INVARIANT: no argument contains a secret value, because other users of the machine can read the arguments of a process. */
export function addValueOptions(command: CliCommand): CliCommand {
  return command
    .option('-f, --file <FILE>', 'reads the value from a file; - means standard input')
    .option('--strip-newline', 'removes one line break at the end of the value')
    .option('--allow-empty', 'accepts an empty value');
}

/**
 * Reads a value byte for byte. Without `file`, the function reads standard input, or asks twice if standard input is a terminal.
 * @throws CommandFailed
 */
export async function readValue({ file, stripNewline, allowEmpty }: ValueOptions): Promise<string> {
  let value: string;
  if (file === undefined && process.stdin.isTTY) {
    value = await askHidden('Value: ');
    if ((await askHidden('Value again: ')) !== value)
      throw new CommandFailed('The two values are different. Nothing was changed.', EXIT.USAGE);
  } else value = textOf(await readBytes(file ?? '-'));
  if (stripNewline) value = value.replace(/\r?\n$/, '');
  else if (value.endsWith('\n') && file === undefined)
    process.stderr.write('Note: the value ends with a line break. --strip-newline removes the line break.\n');
  if (value === '' && !allowEmpty)
    throw new CommandFailed(
      'The value is empty. Nothing was changed. To store an empty value, add --allow-empty.',
      EXIT.USAGE,
    );
  const problem = valueProblem(value);
  if (problem !== undefined) throw new CommandFailed(`The value: ${problem}.`, EXIT.USAGE);
  return value;
}

/** A character has at most four bytes in UTF-8. */
const MOST_BYTES = MAX_VALUE_LENGTH * 4;

/** Reads a file, or standard input if `file` is `-`. @throws CommandFailed */
export async function readBytes(file: string, most = MOST_BYTES): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    const stream = file === '-' ? process.stdin : (await open(file)).createReadStream();
    for await (const chunk of stream) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > most) throw new CommandFailed(`The input is longer than ${most} bytes.`, EXIT.USAGE);
    }
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    throw new CommandFailed(`Cannot read ${file} (${(error as NodeJS.ErrnoException).code}).`, EXIT.USAGE);
  }
  return Buffer.concat(chunks);
}

/** Decodes UTF-8 without any change, also of a byte order mark. @throws CommandFailed */
export function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CommandFailed(
      'The input is not UTF-8. Encode binary data as text first, for example with base64.',
      EXIT.USAGE,
    );
  }
}
