import { readFile } from 'node:fs/promises';
import { type Operation, operationOf } from '../graphql/operation.ts';
import { loadSchema } from '../graphql/schema.ts';

export interface OperationFile {
  file: string;
  operation: Operation;
  /** Each with the file and, where it is at one, the place: `FILE:3:7: …`. */
  problems: string[];
}

/**
 * What stands in files, each a GraphQL document or, if it ends in `.json`, a manifest of persisted queries with several of them.
 * @throws Error for a file that cannot be read, or is no manifest
 */
export async function operationFiles(files: readonly string[]): Promise<OperationFile[]> {
  const schema = loadSchema();
  const found: OperationFile[] = [];
  for (const file of files) {
    for (const text of textsIn(file, await readFile(file, 'utf8'))) {
      const { operation, problems } = operationOf(schema, text);
      const told = problems.map(({ place, message }) =>
        [file, ...(place ? [place] : [])].join(':').concat(`: ${message}`),
      );
      found.push({ file, operation, problems: told });
    }
  }
  return found;
}

function textsIn(file: string, content: string): string[] {
  if (!file.endsWith('.json')) return [content];
  const bodies = bodiesIn(content);
  if (bodies.length > 0 && bodies.every((body) => typeof body === 'string')) return bodies;
  throw new Error(`${file} is no manifest of persisted queries: {"operations":[{"body":"query …"}]}.`);
}

function bodiesIn(manifest: string): unknown[] {
  try {
    const { operations } = JSON.parse(manifest) as { operations?: unknown };
    return Array.isArray(operations) ? operations.map((one: { body?: unknown } | null) => one?.body) : [];
  } catch {
    return [];
  }
}
