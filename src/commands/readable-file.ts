import { stat } from 'node:fs/promises';

/**
 * Checks that a file from the command line exists. A command calls this function before the command reads the file. @throws Error if the file does
 * not exist
 */
export async function requireFile(path: string): Promise<void> {
  await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') return;
    throw new Error(`Cannot read ${path}: the file does not exist.`);
  });
}
