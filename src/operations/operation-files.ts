import { readFile } from 'node:fs/promises';
import { type Operation, operationOf } from '../graphql/operation.ts';
import { loadSchema } from '../graphql/schema.ts';
import { withoutMark } from '../primitives/json.ts';

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
    for (const { body, id } of textsIn(file, await contentOf(file))) {
      const { operation, problems } = operationOf(schema, body);
      const told = problems.map(({ place, message }) =>
        [file, ...(place ? [place] : [])].join(':').concat(`: ${message}`),
      );
      // Clients send what the manifest says: under another name nobody would find it.
      if (id !== undefined && id !== operation.hash) {
        const name = operation.names.join(', ') || 'an operation without a name';
        told.push(`${file}: the id of ${name} is not the SHA-256 of its body, by which clients are to ask for it.`);
      }
      found.push({ file, operation, problems: told });
    }
  }
  return found;
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`Cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}

interface Text {
  body: string;
  /** What a manifest says that clients ask by. */
  id?: unknown;
}

function textsIn(file: string, content: string): Text[] {
  if (!file.endsWith('.json')) return [{ body: content }];
  const texts = operationsIn(content);
  if (texts.length > 0 && texts.every((one): one is Text => typeof one?.body === 'string')) return texts;
  throw new Error(`${file} is no manifest of persisted queries: {"operations":[{"body":"query …"}]}.`);
}

function operationsIn(manifest: string): ({ body?: unknown; id?: unknown } | null)[] {
  try {
    const { operations } = JSON.parse(withoutMark(manifest));
    return Array.isArray(operations) ? operations : [];
  } catch {
    return [];
  }
}
