// A GraphQL document as it is registered: held against the schema and the limits beforehand.
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
  /** SHA-256 of the text, in hex: what a client sends. */
  readonly hash: string;
  readonly text: string;
  /** Of the operations in it. */
  readonly names: readonly string[];
}

/** What is wrong with a document, and where it is if it is at one place: `3:7`. */
export interface Problem {
  readonly place: string | undefined;
  readonly message: string;
}

/** White space around `text` does not belong to it. */
export function operationOf(
  schema: GraphQLSchema,
  given: string,
): { operation: Operation; problems: readonly Problem[] } {
  const text = given.trim();
  const operation = { hash: hash('sha256', text), text, names: [] };
  if (text.length > MOST_CHARACTERS) {
    return {
      operation,
      problems: [{ place: undefined, message: `At most ${MOST_CHARACTERS} characters, found ${text.length}.` }],
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
  if (operationsIn(document).length === 0) yield new GraphQLError('There is no operation in it.');
  for (const node of operationsIn(document)) {
    if (!schema.getRootType(node.operation)) {
      yield new GraphQLError(`There are no ${node.operation}s here.`, { nodes: node });
      continue;
    }
    // As far as it is known without variables: what these add is looked at when they come.
    const { values } = coerceVariables(schema, node, {});
    const tooMuch = checkCost(schema, document, node, values);
    if (tooMuch) yield new GraphQLError(tooMuch.message, { nodes: node });
  }
  if (hasValueLiterals(schema, document)) {
    yield new GraphQLError('A value of a secret, or a payload, stands in it: pass it by a variable.');
  }
}

function operationsIn(document: DocumentNode): OperationDefinitionNode[] {
  return document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
}

/** The place is that in the text as it was given. */
function problem({ message, locations }: GraphQLError, given: string): Problem {
  const before = given.slice(0, given.length - given.trimStart().length).split('\n');
  const [at] = locations ?? [];
  if (at === undefined) return { place: undefined, message };
  const column = at.line === 1 ? at.column + before.at(-1)!.length : at.column;
  return { place: `${at.line + before.length - 1}:${column}`, message };
}
