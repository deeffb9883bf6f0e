import { type DocumentNode, type GraphQLSchema, getOperationAST, type OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { type PreparedOperation, prepareOperation } from './prepared-operation.ts';
import { hasValueLiterals } from './value-literals.ts';

const MOST_DOCUMENTS = 500;
/** Maximum number of characters of a document in the cache. */
export const MOST_CHARACTERS = 16_384;

/**
 * A cache of the valid documents that clients sent most recently. The gateway does not parse or validate a cached document again. INVARIANT: no
 * cached document contains a literal that is a secret value or a payload. A secret value therefore does not stay in memory after its request.
 */
export interface DocumentCache {
  has(text: string): boolean;
  /**
   * Returns an operation of a cached document. Returns undefined if the cache does not contain the document, or if the document does not contain the
   * operation.
   */
  prepared(text: string, operationName: string | undefined): PreparedOperation | undefined;
  // The interface that Apollo Server requires of a document store. The cache key of a document is a prefix and the SHA-256 of the document's text.
  get(cacheKey: string): Promise<DocumentNode | undefined>;
  set(cacheKey: string, document: DocumentNode): Promise<void>;
  delete(cacheKey: string): Promise<boolean>;
}

interface Entry {
  readonly cacheKey: string;
  readonly document: DocumentNode;
  /** INVARIANT: no operation name is a cache key of the Map, because a client can send a secret value in place of the operation name. */
  readonly operations: Map<OperationDefinitionNode, PreparedOperation | undefined>;
}

export function createDocumentCache(schema: GraphQLSchema): DocumentCache {
  /** A map from the cache keys of Apollo Server to the texts of the documents. */
  const texts = new Map<string, string>();
  /** A map from the text of a document to the cached document. */
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
      // If the cache already contained the text, the previous statement called `dispose`, which deleted the cache key of the text. The cache key is
      // therefore added after the document.
      texts.set(cacheKey, text);
    },
    delete: async (cacheKey) => entries.delete(texts.get(cacheKey) ?? ''),
  };
}
