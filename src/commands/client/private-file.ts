// Writes files that only the user can read.
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CommandFailed } from '../failure.ts';
import { printText } from '../output.ts';

/** Prints a text to standard output, or writes the text to the file of the option `--out`. @throws CommandFailed */
export async function printTo(out: string | undefined, text: string): Promise<void> {
  if (out === undefined) return printText(text);
  await writePrivateFile(out, text).catch(({ code }: NodeJS.ErrnoException) => {
    const reason = code === 'ENOENT' ? 'the folder does not exist' : code;
    throw new CommandFailed(`Cannot write the file of --out (${reason}).`);
  });
}

/**
 * Replaces a file atomically. Only the user can read the new file. If writing fails, the old file stays unchanged.
 * @throws Error with a system code, such as EACCES
 */
export async function writePrivateFile(path: string, content: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
