// Reads the configuration files that the documentation recommends, with the addresses of a test.
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { give, programDirectory } from './program-process.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');

/** Returns the text of a file in `deploy/` with replacements. @throws Error if the file does not contain a text that the test replaces */
export async function deployText(path: string, replacements: Readonly<Record<string, string>>): Promise<string> {
  let text = await readFile(join(DEPLOY, path), 'utf8');
  for (const [from, to] of Object.entries(replacements)) {
    if (!text.includes(from)) throw new Error(`deploy/${path} does not contain: ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

/** Writes a configuration file into a new directory of the programs' account. @returns the path of the file */
export async function configFile(path: string, text: string): Promise<string> {
  const file = join(await programDirectory(), basename(path));
  await writeFile(file, text, { mode: 0o600 });
  await give(file);
  return file;
}
