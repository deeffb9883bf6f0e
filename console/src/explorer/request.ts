// What is sent, and how what comes is shown.
import { type DocumentNode, Kind, parse } from 'graphql';

/** Names of the operations in a document; empty while it cannot be read. One without a name is an empty text. */
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

/** What is wrong with variables; undefined where nothing is. */
export function variablesProblem(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    const found: unknown = JSON.parse(text.trim());
    if (typeof found === 'object' && found !== null && !Array.isArray(found)) return undefined;
  } catch {
    // Told below.
  }
  return 'Enter a JSON object, such as {"name": "db"}';
}

/** The request, with the variables as they are written: no digit of a number is lost. */
export function bodyOf(query: string, variables: string, operationName: string | undefined): string {
  const named = operationName ? `,"operationName":${JSON.stringify(operationName)}` : '';
  const given = variables.trim() || '{}';
  return `{"query":${JSON.stringify(query)},"variables":${given}${named}}`;
}

// ECMAScript 2026; TypeScript's library does not know it yet.
const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context?: { source?: string }) => unknown,
) => unknown;

/** JSON in lines. Numbers stay as they came, where the browser can do that. */
export function formatted(text: string): string {
  const kept = parseWithSource(text, (_, value, context) =>
    typeof value === 'number' && rawJSON && context?.source !== undefined ? rawJSON(context.source) : value,
  );
  return JSON.stringify(kept, null, 2);
}
