import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const MANIFEST = join(import.meta.dirname, '../../console/operations.json');

/** What the console asks, by the SHA-256 of its text: operations that count as registered wherever the console is served. */
export function consoleOperations(): ReadonlyMap<string, string> {
  const { operations }: { operations: { body: string }[] } = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  return new Map(operations.map(({ body }) => [hash('sha256', body), body]));
}
