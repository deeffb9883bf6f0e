// Searches the database of a Conductor server for secret values.
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Returns the strings for a search for a secret value: the value's random part, which JSON and percent encoding do not change, the random part
 * in base64 at each of the three alignments, in base64 of base64, in hexadecimal, and with each character percent-encoded.
 */
function formsOf(random: string): string[] {
  const once = inBase64(random);
  const hexadecimal = Buffer.from(random).toString('hex');
  const percent = hexadecimal.replace(/../g, '%$&');
  return [random, hexadecimal, percent, ...once, ...once.flatMap(inBase64)];
}

/** Returns the part of the base64 text that does not depend on the text around `text`, at each of the three alignments. */
function inBase64(text: string): string[] {
  return [0, 1, 2].map((skipped) => {
    const encoded = Buffer.from(`${'x'.repeat(skipped)}${text}`).toString('base64');
    return encoded.slice(skipped === 0 ? 0 : 4, Math.floor(((text.length + skipped) * 8) / 6) - 1);
  });
}

/** Returns whether the text or the bytes contain the value in any form. */
export function holds(where: string | Buffer, random: string): boolean {
  return formsOf(random).some((form) => where.includes(form));
}

/**
 * Returns the content of the server's database: the bytes of all database files, and each table. SQLite can split a long value between pages, so
 * that a search of the bytes alone would not find the value.
 */
export async function databaseOf({ databaseFile }: { databaseFile: string }): Promise<Map<string, Buffer | string>> {
  const content = new Map<string, Buffer | string>();
  const dir = dirname(databaseFile);
  for (const name of await readdir(dir)) {
    if (name.startsWith(basename(databaseFile))) content.set(name, await readFile(join(dir, name)));
  }
  const database = new DatabaseSync(databaseFile, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    for (const { name } of tables) {
      const rows = database.prepare(`SELECT * FROM "${name}"`).all();
      content.set(`table ${name}`, rows.map((row) => Object.values(row).map(asText).join('\n')).join('\n'));
    }
  } finally {
    database.close();
  }
  return content;
}

const asText = (cell: unknown): string =>
  cell instanceof Uint8Array ? Buffer.from(cell).toString('latin1') : String(cell);
