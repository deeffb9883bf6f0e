import { access, constants, stat } from 'node:fs/promises';
import { CommandFailed } from './failure.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'the file does not exist',
  EACCES: 'this user may not read the file',
  EISDIR: 'this is a directory',
};

/** Checks that a command can read a file from the command line. @throws CommandFailed with the name of the file and the reason */
export async function requireFile(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
    if ((await stat(path)).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new CommandFailed(`Cannot read ${path}: ${REASONS[code] ?? code}.`);
  }
}
