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
export const MOST_CHARACTERS = 16_384;

/**
 * Documents that were found valid, by their text and by its hash, so that the same one is not parsed and validated again.
 * INVARIANT: none with a literal where a SecretValue or JSON is expected: a value must not outlive its request.
 */
export interface Documents {
  has(text: string): boolean;
  /** An operation of a document that is kept; undefined if it is not, or has no such operation. */
  prepared(text: string, operationName: string | undefined): Prepared | undefined;
  // What Apollo Server asks of a store. A key is a prefix of its own and the SHA-256 of the text.
  get(key: string): Promise<DocumentNode | undefined>;
  set(key: string, document: DocumentNode): Promise<void>;
  delete(key: string): Promise<boolean>;
}

interface Kept {
  readonly key: string;
  readonly document: DocumentNode;
  /** Those that were asked for. INVARIANT: not by the name that somebody sent, which may be anything. */
  readonly operations: Map<OperationDefinitionNode, Prepared | undefined>;
}

export function createDocuments(schema: GraphQLSchema): Documents {
  // In the order of their last use.
  const documents = new Map<string, Kept>();
  const texts = new Map<string, string>();
  const used = (text: string): Kept | undefined => {
    const kept = documents.get(text);
    if (kept) {
      documents.delete(text);
      documents.set(text, kept);
    }
    return kept;
  };
  const forget = (text: string): boolean => {
    texts.delete(documents.get(text)?.key ?? '');
    return documents.delete(text);
  };
  return {
    has: (text) => documents.has(text),
    prepared(text, operationName) {
      const kept = used(text);
      if (kept === undefined) return undefined;
      const { document, operations } = kept;
      const operation = getOperationAST(document, operationName);
      if (!operation) return undefined;
      if (!operations.has(operation)) operations.set(operation, prepare(schema, document, operation));
      return operations.get(operation);
    },
    get: async (key) => used(texts.get(key) ?? '')?.document,
    async set(key, document) {
      const text = document.loc?.source.body;
      if (text === undefined || text.length > MOST_CHARACTERS || holdsValues(schema, document)) return;
      documents.set(text, { key, document, operations: new Map() });
      texts.set(key, text);
      if (documents.size > MOST_DOCUMENTS) forget(documents.keys().next().value!);
    },
    delete: async (key) => forget(texts.get(key) ?? ''),
  };
}

/** Whether a literal stands where a SecretValue or JSON is expected. */
export function holdsValues(schema: GraphQLSchema, document: DocumentNode): boolean {
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
