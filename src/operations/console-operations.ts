import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const MANIFEST = join(import.meta.dirname, '../../console/operations.json');

/**
 * The texts of the GraphQL operations that the web console sends, by the SHA-256 hash of the text in hexadecimal. A gateway that serves the console
 * treats these operations as registered operations.
 */
export function consoleOperations(): ReadonlyMap<string, string> {
  const { operations }: { operations: { body: string }[] } = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  return new Map(operations.map(({ body }) => [hash('sha256', body), body]));
}
