import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { type Prepared, prepare } from './prepared.ts';

const MOST_DOCUMENTS = 500;
const MOST_CHARACTERS = 16_384;

/**
 * Documents that were found valid, by the hash of their text, so that the same one is not parsed, validated and planned again.
 * INVARIANT: none with a literal where a SecretValue or JSON is expected: a value must not outlive its request.
 */
export interface Documents {
  has(hash: string): boolean;
  /** An operation of a document that is kept; undefined if it is not, or has no such operation. */
  prepared(hash: string, operationName: string | undefined): Prepared | undefined;
  get(key: string): Promise<DocumentNode | undefined>;
  set(key: string, document: DocumentNode): Promise<void>;
  delete(key: string): Promise<boolean>;
}

interface Kept {
  readonly document: DocumentNode;
  /** Those that were asked for. INVARIANT: not by the name that somebody sent, which may be anything. */
  readonly operations: Map<OperationDefinitionNode, Prepared | undefined>;
}

export function createDocuments(schema: GraphQLSchema): Documents {
  // In the order of their last use.
  const documents = new Map<string, Kept>();
  const used = (hash: string): Kept | undefined => {
    const kept = documents.get(hash);
    if (kept) {
      documents.delete(hash);
      documents.set(hash, kept);
    }
    return kept;
  };
  return {
    has: (hash) => documents.has(hash),
    prepared(hash, operationName) {
      const kept = used(hash);
      if (kept === undefined) return undefined;
      const { document, operations } = kept;
      const operation = getOperationAST(document, operationName);
      if (!operation) return undefined;
      if (!operations.has(operation)) operations.set(operation, prepare(schema, document, operation));
      return operations.get(operation);
    },
    get: async (key) => used(hashIn(key))?.document,
    async set(key, document) {
      const length = document.loc?.source.body.length ?? Number.POSITIVE_INFINITY;
      if (length > MOST_CHARACTERS || holdsValues(schema, document)) return;
      documents.set(hashIn(key), { document, operations: new Map() });
      if (documents.size > MOST_DOCUMENTS) documents.delete(documents.keys().next().value!);
    },
    delete: async (key) => documents.delete(hashIn(key)),
  };
}

/** Apollo Server puts a prefix before the SHA-256 of the text. */
const hashIn = (key: string) => key.slice(-64);

function holdsValues(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let found = false;
  const look = () => {
    const { name } = getNamedType(types.getInputType()) ?? {};
    if (name === 'SecretValue' || name === 'JSON') found = true;
  };
  visit(
    document,
    visitWithTypeInfo(types, {
      [Kind.STRING]: look,
      [Kind.INT]: look,
      [Kind.FLOAT]: look,
      [Kind.LIST]: look,
      [Kind.OBJECT]: look,
    }),
  );
  return found;
}
