// Reads GraphQL operations from files, for their registration.
import { readFile } from 'node:fs/promises';
import { type Operation, operationOf } from '../graphql/operation.ts';
import { loadSchema } from '../graphql/schema.ts';
import { withoutMark } from '../primitives/json.ts';

export interface OperationFile {
  file: string;
  operation: Operation;
  /** The problems of the file. Each problem starts with the file name. If the line and the column are known, the problem starts with `FILE:3:7: …`. */
  problems: string[];
}

/**
 * Reads operations from files. A file contains a GraphQL document. If the file name ends in `.json`, the file contains a manifest of persisted
 * queries with several documents.
 * @throws Error for an unreadable file, and for a JSON file that is not a manifest
 */
export async function operationFiles(files: readonly string[]): Promise<OperationFile[]> {
  const schema = loadSchema();
  const found: OperationFile[] = [];
  for (const file of files) {
    for (const { body, id } of textsIn(file, await contentOf(file))) {
      const { operation, problems } = operationOf(schema, body);
      const messages = problems.map(({ place, message }) =>
        [file, ...(place ? [place] : [])].join(':').concat(`: ${message}`),
      );
      // Clients send the id that the manifest contains. The gateway finds an operation only if this id is the SHA-256 of the operation.
      if (id !== undefined && id !== operation.hash) {
        const name = operation.names.join(', ') || 'an operation without a name';
        messages.push(
          `${file}: the id of ${name} is not the SHA-256 of its body. Clients must request the operation by its SHA-256.`,
        );
      }
      found.push({ file, operation, problems: messages });
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
  /** The id of an operation in a manifest. Clients send the id in place of the operation's text. */
  id?: unknown;
}

function textsIn(file: string, content: string): Text[] {
  if (!file.endsWith('.json')) return [{ body: content }];
  const texts = operationsIn(content);
  if (texts.length > 0 && texts.every((text): text is Text => typeof text?.body === 'string')) return texts;
  throw new Error(
    `${file} is not a manifest of persisted queries. The expected format is {"operations":[{"body":"query …"}]}.`,
  );
}

function operationsIn(manifest: string): ({ body?: unknown; id?: unknown } | null)[] {
  try {
    const { operations } = JSON.parse(withoutMark(manifest));
    return Array.isArray(operations) ? operations : [];
  } catch {
    return [];
  }
}
