import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const MANIFEST = join(import.meta.dirname, '../../console/operations.json');

/** The texts of the console's operations, by SHA-256 in hex. A gateway that serves the console accepts these operations as registered. */
export function consoleOperations(): ReadonlyMap<string, string> {
  const { operations }: { operations: { body: string }[] } = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  return new Map(operations.map(({ body }) => [hash('sha256', body), body]));
}
