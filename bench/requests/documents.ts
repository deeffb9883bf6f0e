// GraphQL requests that are expensive before the gateway resolves any field. The parsing, the validation or the cost check of these requests takes
// long.
import { LIMITS } from '../../src/graphql/limits.ts';
import type { Json } from '../../src/primitives/json.ts';
import type { GraphQLRequest } from './fields.ts';

const query = (text: string, variables: Record<string, Json> = {}): GraphQLRequest => ({ query: text, variables });
const times = (count: number, of: (i: number) => string) => Array.from({ length: count }, (_, i) => of(i)).join(' ');

export const DOCUMENTS: Readonly<Record<string, GraphQLRequest>> = {
  'fragments that overlap': query(
    `{ ${times(60, (i) => `...F${i}`)} } ${times(60, (i) => `fragment F${i} on Query { viewer { id name roles } a${i}: viewer { id } }`)}`,
  ),
  'the same field by inline fragments': query(`{ ${times(300, () => '... on Query { viewer { id } }')} }`),
  'selections that validation compares pairwise': query(`{ viewer { ${times(990, () => 'id')} } }`),
  'fragments in a cycle': query(
    `{ ...F0 } ${times(99, (i) => `fragment F${i} on Query { ...F${(i + 1) % 99} viewer { id } }`)}`,
  ),
  'fragments whose size doubles': query(
    `{ ...F0 } ${times(99, (i) => `fragment F${i} on Query { ${i < 98 ? `...F${i + 1} ...F${i + 1}` : 'viewer { id }'} }`)}`,
  ),
  'unknown fields': query(`{ ${times(300, (i) => `viewr${i}`)} }`),
  'many variables': query(`query (${times(900, (i) => `$v${i}: Int`)}) { viewer { id } }`),
  'a long comment': query(`#${'x'.repeat(1_000_000)}\n{ viewer { id } }`),
  'a long name': query(`{ ${'x'.repeat(1_000_000)} }`),
  'a long literal': query(`{ checkReferences(payload: "${'${x}'.repeat(250_000)}") { name } }`),
  'a long block': query(`{ checkReferences(payload: """${'\\n   a'.repeat(140_000)}""") { name } }`),
  introspection: query(
    `{ ${times(25, (i) => `s${i}: __schema { types { name fields { name type { name ofType { name } } args { name type { name } } } } }`)} }`,
  ),
  'more tokens than the limit': query(`{ ${'a '.repeat(LIMITS.tokens * 50)} }`),
  'wrong variables': query('query ($t: [TagInput!]!) { secrets(filter: {tags: $t}) { nodes { id } } }', {
    t: Array.from({ length: 50_000 }, () => ({ wrong: 1 })),
  }),
  'a list of a thousand wrong items': query(
    'query ($t: [TagInput!]) { secrets(filter: {tags: $t}) { nodes { id } } }',
    { t: Array.from({ length: 1_000 }, () => ({ key: 1 })) },
  ),
  'undeclared variables': query(
    '{ viewer { id } }',
    Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`v${i}`, i])),
  ),
  'an input with unknown members': query('query ($i: SecretFilter) { secrets(filter: $i) { nodes { id } } }', {
    i: Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, 1])),
  }),
};

/** The request bodies that the benchmark sends unchanged. */
export const BODIES: Readonly<Record<string, string>> = {
  'numbers of many digits': `{"query":"query($p:JSON!){checkReferences(payload:$p){name}}","variables":{"p":[${'0.12345678901234567890,'.repeat(45_000)}1]}}`,
  'numbers with exponents': `{"query":"query($p:JSON!){checkReferences(payload:$p){name}}","variables":{"p":[${'1e999,'.repeat(170_000)}1]}}`,
  'digits in one number': `{"query":"{viewer{id}}","variables":{"p":${'1'.repeat(1_000_000)}}}`,
  'digits in a text': `{"query":"{viewer{id}}","variables":{"p":"${'[1234567890123456.'.repeat(58_000)}"}}`,
  'deeply nested lists': `{"query":"query($p:JSON!){checkReferences(payload:$p){name}}","variables":{"p":${'['.repeat(500_000)}${']'.repeat(500_000)}}}`,
  'invalid JSON': '{'.repeat(1_040_000),
};
