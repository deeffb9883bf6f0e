// Checks a GraphQL document before its registration. The check covers the syntax, the validity for the schema, and the limits.
import { hash } from 'node:crypto';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  validate,
} from 'graphql';
import { coerceVariables } from './coerce-variables.ts';
import { MOST_CHARACTERS } from './document-cache.ts';
import { checkCost, parseWithinLimits } from './limits.ts';
import { hasValueLiterals } from './value-literals.ts';

export interface Operation {
  /** The SHA-256 hash of the operation's text, in hexadecimal. Clients send the hash in place of the text. */
  readonly hash: string;
  readonly text: string;
  /** The names of the operations in the document. */
  readonly names: readonly string[];
}

/**
 * A problem of a document. The field `place` contains the line and the column, such as `3:7`. The field is undefined if the problem has no place or
 * several places.
 */
export interface Problem {
  readonly place: string | undefined;
  readonly message: string;
}

/**
 * Parses the string `given`. Returns the operation and all problems of the operation. White space at the start and the end of the string is not part
 * of the operation.
 */
export function operationOf(
  schema: GraphQLSchema,
  given: string,
): { operation: Operation; problems: readonly Problem[] } {
  const text = given.trim();
  const operation = { hash: hash('sha256', text), text, names: [] };
  if (text.length > MOST_CHARACTERS) {
    return {
      operation,
      problems: [
        {
          place: undefined,
          message: `The document has ${text.length} characters. At most ${MOST_CHARACTERS} are allowed.`,
        },
      ],
    };
  }
  try {
    const document = parseWithinLimits(text);
    const problems = [...problemsOf(schema, document)];
    const names = operationsIn(document).flatMap(({ name }) => name?.value ?? []);
    return { operation: { ...operation, names }, problems: problems.map((error) => problem(error, given)) };
  } catch (error) {
    if (error instanceof GraphQLError) return { operation, problems: [problem(error, given)] };
    throw error;
  }
}

function* problemsOf(schema: GraphQLSchema, document: DocumentNode): Generator<GraphQLError> {
  const invalid = validate(schema, document);
  yield* invalid;
  if (invalid.length > 0) return;
  if (operationsIn(document).length === 0) yield new GraphQLError('The document contains no operation.');
  for (const node of operationsIn(document)) {
    if (!schema.getRootType(node.operation)) {
      yield new GraphQLError(`The schema has no ${node.operation} operations.`, { nodes: node });
      continue;
    }
    // At registration, the gateway checks the cost of an operation without variables. Each request checks the cost again with the variables of the
    // request.
    const { values } = coerceVariables(schema, node, {});
    const tooCostly = checkCost(schema, document, node, values);
    if (tooCostly) yield new GraphQLError(tooCostly.message, { nodes: node });
  }
  if (hasValueLiterals(schema, document)) {
    yield new GraphQLError('The document contains a literal that is a secret value or a payload. Use a variable.');
  }
}

function operationsIn(document: DocumentNode): OperationDefinitionNode[] {
  return document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
}

/**
 * Converts an error to a problem. The string `given` contains the operation and surrounding white space. The place of the problem is a line and a
 * column of `given`.
 */
function problem({ message, locations }: GraphQLError, given: string): Problem {
  const before = given.slice(0, given.length - given.trimStart().length).split('\n');
  const [at] = locations ?? [];
  if (at === undefined) return { place: undefined, message };
  const column = at.line === 1 ? at.column + before.at(-1)!.length : at.column;
  return { place: `${at.line + before.length - 1}:${column}`, message };
}
