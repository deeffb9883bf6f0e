import { type DocumentNode, type GraphQLSchema, getNamedType, Kind, TypeInfo, visit, visitWithTypeInfo } from 'graphql';

const MOST_DOCUMENTS = 500;
const MOST_CHARACTERS = 16_384;

/**
 * Documents that were found valid, by the hash of their text, so that the same one is not parsed and validated again.
 * INVARIANT: none with a literal where a SecretValue or JSON is expected: a value must not outlive its request.
 */
export interface Documents {
  has(hash: string): boolean;
  get(key: string): Promise<DocumentNode | undefined>;
  set(key: string, document: DocumentNode): Promise<void>;
  delete(key: string): Promise<boolean>;
}

export function createDocuments(schema: GraphQLSchema): Documents {
  const documents = new Map<string, DocumentNode>();
  return {
    has: (hash) => documents.has(hash),
    async get(key) {
      const hash = hashIn(key);
      const document = documents.get(hash);
      if (document) {
        // Back to the young end: a Map keeps the order of insertion.
        documents.delete(hash);
        documents.set(hash, document);
      }
      return document;
    },
    async set(key, document) {
      const length = document.loc?.source.body.length ?? Number.POSITIVE_INFINITY;
      if (length > MOST_CHARACTERS || holdsValues(schema, document)) return;
      documents.set(hashIn(key), document);
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
