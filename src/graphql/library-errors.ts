// Messages for the errors that graphql-js and Apollo Server find in a request. The messages of both libraries quote the request, which may contain
// secret values. Instead, the gateway writes a message for the error code, and adds the declaration of the field or argument from the schema.
import {
  type ASTNode,
  BREAK,
  type DocumentNode,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLInputField,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  Kind,
  parse,
  type Source,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/** The messages for errors that the caller can correct, by the error code of graphql-js or Apollo Server. */
const SENTENCES: Readonly<Record<string, string>> = {
  GRAPHQL_PARSE_FAILED: 'The document has a GraphQL syntax error.',
  GRAPHQL_VALIDATION_FAILED: 'The document is not valid for the schema.',
  INTROSPECTION_DISABLED: 'Introspection is disabled on this gateway.',
  BAD_USER_INPUT: 'The type of an argument does not allow the value of the argument.',
  OPERATION_RESOLUTION_FAILURE:
    'The document does not contain the requested operation. A document with several operations requires `operationName`.',
  BAD_REQUEST:
    'The HTTP request is not a GraphQL request. Send POST with content-type application/json and a JSON object: `query` is a string, `variables` is an object, `operationName` is a string. GET allows queries only, and requires the header apollo-require-preflight.',
  // Clients compare the messages of these two error codes with the texts of Apollo Server.
  PERSISTED_QUERY_NOT_FOUND: 'PersistedQueryNotFound',
  PERSISTED_QUERY_NOT_SUPPORTED: 'PersistedQueryNotSupported',
};

export const isCallersError = (code: string): boolean => Object.hasOwn(SENTENCES, code);

/** Returns the message for an error whose code SENTENCES contains. */
export type LibraryMessage = (formatted: GraphQLFormattedError, source: GraphQLError | undefined) => string;

/**
 * INVARIANT: a message consists of constants of this file and of declarations and names of the schema. A message contains no text of the request.
 * Declarations and names are used only if `showSchema` is true. `names` has the names in the schema.
 */
export function libraryMessages(
  schema: GraphQLSchema,
  names: ReadonlySet<string>,
  showSchema: boolean,
): LibraryMessage {
  /** The part of a message of graphql-js that suggests names. All suggested names are names of the schema. */
  const suggestions = (message: string): string => {
    const [, list = ''] = / Did you mean (.+)\?$/s.exec(message) ?? [];
    const suggested = [...list.matchAll(/"(\w+)"/g)].flatMap(([, name = '']) => (names.has(name) ? [`"${name}"`] : []));
    return suggested.length === 0 ? '' : ` Did you mean ${suggested.join(', ')}?`;
  };

  return ({ message, extensions }, source) => {
    const { code, validationErrorCode } = extensions ?? {};
    const sentence = SENTENCES[String(validationErrorCode)] ?? SENTENCES[String(code)] ?? '';
    if (!showSchema || code !== 'GRAPHQL_VALIDATION_FAILED') return sentence;
    const declaration = source && declarationAt(schema, source);
    return `${sentence}${declaration ? ` Expected ${declaration}.` : ''}${suggestions(message)}`;
  };
}

const INPUT_KINDS: ReadonlySet<Kind> = new Set([
  ...[Kind.ARGUMENT, Kind.OBJECT_FIELD, Kind.VARIABLE, Kind.NULL, Kind.LIST, Kind.OBJECT],
  ...[Kind.INT, Kind.FLOAT, Kind.STRING, Kind.BOOLEAN, Kind.ENUM],
]);

/**
 * Returns the schema's declaration of the field or type at the location of an error. Examples: `Query.secret(name: String!): Secret`, or
 * `TagInput(key: String!, value: String!)`.
 */
function declarationAt(schema: GraphQLSchema, error: GraphQLError): string | undefined {
  const node = error.nodes?.at(-1);
  const isInput = node !== undefined && INPUT_KINDS.has(node.kind);
  // If an error refers to several fields, the fields conflict with each other, and the declaration of one field does not help the caller.
  const isField = node?.kind === Kind.FIELD && error.nodes?.length === 1;
  if (!node?.loc || !(isInput || isField)) return undefined;

  const { start } = node.loc;
  const types = new TypeInfo(schema);
  let declaration: string | undefined;
  const enter = (at: ASTNode) => {
    if (at.kind !== node.kind || at.loc?.start !== start) return undefined;
    declaration = (isInput ? inputDeclaration(types) : undefined) ?? fieldDeclaration(types);
    return BREAK;
  };
  visit(documentOf(node.loc.source), visitWithTypeInfo(types, { enter }));
  return declaration;
}

function inputDeclaration(types: TypeInfo): string | undefined {
  const type = types.getInputType() ?? types.getParentInputType();
  const named = getNamedType(type);
  if (isInputObjectType(named)) return `${named}${listOf(Object.values(named.getFields()))}`;
  return type ? String(type) : undefined;
}

function fieldDeclaration(types: TypeInfo): string | undefined {
  const [parent, field, directive] = [types.getParentType(), types.getFieldDef(), types.getDirective()];
  if (directive) return `@${directive.name}${listOf(directive.args)}`;
  if (!parent) return undefined;
  return field ? `${parent}.${field.name}${listOf(field.args)}: ${field.type}` : `a field of ${parent}`;
}

const listOf = (inputs: readonly Pick<GraphQLInputField, 'name' | 'type'>[]): string =>
  inputs.length === 0 ? '' : `(${inputs.map(({ name, type }) => `${name}: ${type}`).join(', ')})`;

/** A cache of parsed documents, by source. The cache is useful because one document can contain several errors. */
const documents = new WeakMap<Source, DocumentNode>();

/** Parses the source of an error. The nodes of the parsed document have the same locations as the nodes in the error. */
export function documentOf(source: Source): DocumentNode {
  const document = documents.get(source) ?? parse(source);
  documents.set(source, document);
  return document;
}
