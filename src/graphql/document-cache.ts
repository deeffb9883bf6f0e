import { type DocumentNode, type GraphQLSchema, getOperationAST, type OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { type PreparedOperation, prepareOperation } from './prepared-operation.ts';
import { hasValueLiterals } from './value-literals.ts';

const MOST_DOCUMENTS = 500;
/** Maximum number of characters of a document in the cache. */
export const MOST_CHARACTERS = 16_384;

/**
 * The valid documents that clients sent most recently. A document in the cache needs no parsing and no validation.
 * INVARIANT: no document in the cache contains a secret value or a payload as a literal. A secret value therefore does not stay in memory after its
 * request.
 */
export interface DocumentCache {
  has(text: string): boolean;
  /** An operation of a document in the cache. Undefined if the cache has no such document or operation. */
  prepared(text: string, operationName: string | undefined): PreparedOperation | undefined;
  // The interface that Apollo Server requires of a document store. The cache key of a document is a prefix and the SHA-256 of the document's text.
  get(cacheKey: string): Promise<DocumentNode | undefined>;
  set(cacheKey: string, document: DocumentNode): Promise<void>;
  delete(cacheKey: string): Promise<boolean>;
}

interface Entry {
  readonly cacheKey: string;
  readonly document: DocumentNode;
  /** INVARIANT: no entry of the Map has an operation name as its cache key, because a client may send a secret value as the operation name. */
  readonly operations: Map<OperationDefinitionNode, PreparedOperation | undefined>;
}

export function createDocumentCache(schema: GraphQLSchema): DocumentCache {
  /** The texts of the documents, by the cache keys of Apollo Server. */
  const texts = new Map<string, string>();
  /** The entries by the text of the document. */
  const entries = new LRUCache<string, Entry>({
    max: MOST_DOCUMENTS,
    dispose: ({ cacheKey }) => {
      texts.delete(cacheKey);
    },
  });
  return {
    has: (text) => entries.has(text),
    prepared(text, operationName) {
      const entry = entries.get(text);
      if (entry === undefined) return undefined;
      const { document, operations } = entry;
      const operation = getOperationAST(document, operationName);
      if (!operation) return undefined;
      if (!operations.has(operation)) operations.set(operation, prepareOperation(schema, document, operation));
      return operations.get(operation);
    },
    get: async (cacheKey) => entries.get(texts.get(cacheKey) ?? '')?.document,
    async set(cacheKey, document) {
      const text = document.loc?.source.body;
      if (text === undefined || text.length > MOST_CHARACTERS || hasValueLiterals(schema, document)) return;
      entries.set(text, { cacheKey, document, operations: new Map() });
      // If the text was in the cache before, `dispose` has just deleted its cache key. The cache key is therefore added after the entry.
      texts.set(cacheKey, text);
    },
    delete: async (cacheKey) => entries.delete(texts.get(cacheKey) ?? ''),
  };
}
