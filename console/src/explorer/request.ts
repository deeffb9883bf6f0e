// Builds the requests of the GraphQL explorer, and formats the responses.
import { type DocumentNode, Kind, parse } from 'graphql';

/**
 * Returns the names of the operations in a GraphQL document. An unnamed operation has an empty name. Returns an empty list if the document
 * has a syntax error.
 */
export function operationsIn(text: string): string[] {
  let document: DocumentNode;
  try {
    document = parse(text);
  } catch {
    return [];
  }
  return document.definitions.flatMap((node) =>
    node.kind === Kind.OPERATION_DEFINITION ? [node.name?.value ?? ''] : [],
  );
}

/** Returns an error message if the text of the variables is not a JSON object; otherwise undefined. */
export function variablesProblem(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    const found: unknown = JSON.parse(text.trim());
    if (typeof found === 'object' && found !== null && !Array.isArray(found)) return undefined;
  } catch {
    // A text that is not JSON causes the same error message as JSON that is not an object.
  }
  return 'Enter a JSON object, such as {"name": "db"}';
}

/**
 * Builds the request body. The function inserts the text of the variables from the editor without changes, so that large numbers keep every
 * digit.
 */
export function bodyOf(query: string, variables: string, operationName: string | undefined): string {
  const named = operationName ? `,"operationName":${JSON.stringify(operationName)}` : '';
  const given = variables.trim() || '{}';
  return `{"query":${JSON.stringify(query)},"variables":${given}${named}}`;
}

// `JSON.rawJSON` is part of ECMAScript 2026. TypeScript does not declare `JSON.rawJSON` yet.
const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context?: { source?: string }) => unknown,
) => unknown;

/** Indents JSON. Large numbers keep every digit if the browser supports `JSON.rawJSON`. */
export function formatted(text: string): string {
  const kept = parseWithSource(text, (_, value, context) =>
    typeof value === 'number' && rawJSON && context?.source !== undefined ? rawJSON(context.source) : value,
  );
  return JSON.stringify(kept, null, 2);
}
