// Builds the request and formats the answer.
import { type DocumentNode, Kind, parse } from 'graphql';

/** Names of the operations in a document; empty if the document cannot be parsed. An unnamed operation has an empty name. */
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

/** What is wrong with the variables; undefined if they are valid. */
export function variablesProblem(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    const found: unknown = JSON.parse(text.trim());
    if (typeof found === 'object' && found !== null && !Array.isArray(found)) return undefined;
  } catch {
    // The message below also applies to a text that is not JSON.
  }
  return 'Enter a JSON object, such as {"name": "db"}';
}

/** The request body. The body contains the unchanged text of the variables from the editor, so that large numbers keep every digit. */
export function bodyOf(query: string, variables: string, operationName: string | undefined): string {
  const named = operationName ? `,"operationName":${JSON.stringify(operationName)}` : '';
  const given = variables.trim() || '{}';
  return `{"query":${JSON.stringify(query)},"variables":${given}${named}}`;
}

// `JSON.rawJSON` is part of ECMAScript 2026. TypeScript's library does not declare it yet.
const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context?: { source?: string }) => unknown,
) => unknown;

/** Indented JSON. Numbers keep their digits if the browser supports `JSON.rawJSON`. */
export function formatted(text: string): string {
  const kept = parseWithSource(text, (_, value, context) =>
    typeof value === 'number' && rawJSON && context?.source !== undefined ? rawJSON(context.source) : value,
  );
  return JSON.stringify(kept, null, 2);
}
