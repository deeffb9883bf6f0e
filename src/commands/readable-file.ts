import { stat } from 'node:fs/promises';

/** Checks that a file of the command line exists, before a command reads the file. @throws Error if the file does not exist */
export async function requireFile(path: string): Promise<void> {
  await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') return;
    throw new Error(`Cannot read ${path}: the file does not exist.`);
  });
}
