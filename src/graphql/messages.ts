// graphql-js says what was wrong with a document by quoting it. These are its messages taken apart: the words between the
// slots are its own, and of what stands in a slot only names that the schema has are said again.

import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';

/**
 * `<n>` a name or type of the document's, said again if the schema has it; `<x>` anything, never said again; `<k>` a kind
 * of token; `<s>` suggestions, said again if the schema may be known.
 */
const TEMPLATES = [
  // Reading the document.
  'Syntax Error: Expected <k>, found <k>.',
  'Syntax Error: Unexpected <k>.',
  'Syntax Error: Unterminated string.',
  'Syntax Error: Unexpected variable "<x>" in constant value.',
  'Syntax Error: Unexpected single quote character (\'), did you mean to use a double quote (")?',
  'Syntax Error: Unexpected character: <x>.',
  'Syntax Error: Invalid character: <x>.',
  'Syntax Error: Invalid character within String: <x>.',
  'Syntax Error: Invalid number, unexpected digit after 0: <x>.',
  'Syntax Error: Invalid number, expected digit but got: <x>.',
  'Syntax Error: Invalid Unicode escape sequence: <x>.',
  'Syntax Error: Invalid character escape sequence: <x>.',
  'Syntax Error: <x> is reserved and cannot be used for an enum value.',

  // Holding it against the schema.
  'The <n> definition is not executable.',
  'The schema definition is not executable.',
  'Cannot query field "<n>" on type "<n>".<s>',
  'Fragment cannot condition on non composite type "<n>".',
  'Fragment "<n>" cannot condition on non composite type "<n>".',
  'Unknown argument "<n>" on field "<n>".<s>',
  'Unknown argument "<n>" on directive "@<n>".<s>',
  'Unknown directive "@<n>".',
  'Directive "@<n>" may not be used on <k>.',
  'Unknown fragment "<n>".',
  'Unknown type "<n>".<s>',
  'This anonymous operation must be the only defined operation.',
  'Maximum introspection depth exceeded',
  'Cannot spread fragment "<n>" within itself.',
  'Cannot spread fragment "<n>" within itself via <x>.',
  'Variable "$<n>" is not defined by operation "<n>".',
  'Variable "$<n>" is not defined.',
  'Fragment "<n>" is never used.',
  'Variable "$<n>" is never used in operation "<n>".',
  'Variable "$<n>" is never used.',
  'Fields "<n>" conflict because <x>. Use different aliases on the fields to fetch both if this was intentional.',
  'Fragment cannot be spread here as objects of type "<n>" can never be of type "<n>".',
  'Fragment "<n>" cannot be spread here as objects of type "<n>" can never be of type "<n>".',
  'Field "<n>" of type "<n>" must have a selection of subfields.<s>',
  'Field "<n>" of type "<n>" must have at least one field selected.',
  'Field "<n>" must not have a selection since type "<n>" has no subfields.',
  'Field "<n>" argument "<n>" of type "<n>" is required, but it was not provided.',
  'Argument "<n>" of type "<n>" is required, but it was not provided.',
  'Directive "@<n>" argument "<n>" of type "<n>" is required, but it was not provided.',
  'Argument "<n>" of required type "<n>" was not provided.',
  'There can be only one argument named "<n>".',
  'The directive "@<n>" can only be used once at this location.',
  'There can be only one fragment named "<n>".',
  'There can be only one input field named "<n>".',
  'There can be only one operation named "<n>".',
  'There can be only one variable named "$<n>".',
  'Subscription "<n>" must select only one top level field.',
  'Anonymous Subscription must select only one top level field.',
  'Field "<n>" of required type "<n>" was not provided.',
  'Field "<n>" is not defined by type "<n>".<s>',
  'Field "<n>" must be non-null.',
  'OneOf Input Object "<n>" must specify exactly one key.',
  'Variable "$<n>" cannot be non-input type "<n>".',
  'Variable "$<n>" of type "<n>" used in position expecting type "<n>".',
  'Variable "$<n>" is of type "<n>" but must be non-nullable to be used for OneOf Input Object "<n>".',
  'Too many validation errors, error limit reached. Validation aborted.',
  'Validation aborted.',

  // Values.
  'Expected value of type "<n>", found <x>.',
  'Expected value of type "<n>", found <x>; <x>',
  'Int cannot represent non-integer value: <x>',
  'Int cannot represent non 32-bit signed integer value: <x>',
  'Float cannot represent non numeric value: <x>',
  'String cannot represent a non string value: <x>',
  'Boolean cannot represent a non boolean value: <x>',
  'ID cannot represent a non-string and non-integer value: <x>',
  'Enum "<n>" cannot represent non-enum value: <x>.<s>',
  'Enum "<n>" cannot represent non-string value: <x>.<s>',
  'Value "<x>" does not exist in "<n>" enum.<s>',
  'Argument "<n>" of required type "<n>" was provided the variable "$<n>" which was not provided a runtime value.',
  'Argument "<n>" of non-null type "<n>" must not be null.',
  'Argument "<n>" has invalid value <x>.',
  'Variable "$<n>" of required type "<n>" was not provided.',
  'Variable "$<n>" of non-null type "<n>" must not be null.',
  'Variable "$<n>" got invalid value <x>; <x>',

  // Choosing the operation.
  'Must provide an operation.',
  'Must provide operation name if query contains multiple operations.',
  'Unknown operation named "<x>".',
  'Schema is not configured to execute <k> operation.',

  // The request around it, in Apollo Server's words.
  'GET requests only support query operations, not <k> operations',
  'GraphQL operations must contain a non-empty `query` or a `persistedQuery` extension.',
  'GraphQL queries must be strings.',
  'POST body missing, invalid Content-Type, or JSON object has no keys.',
  '`variables` in a POST body must be an object if provided.',
  '`variables` in a POST body should be provided as an object, not a recursively JSON-encoded string.',
  '`extensions` in a POST body must be an object if provided.',
  '`extensions` in a POST body should be provided as an object, not a recursively JSON-encoded string.',
  '`operationName` in a POST body must be a string if provided.',
  "The '<k>' search parameter may only be specified once.",
  'The <k> search parameter contains invalid JSON.',
  'The <k> search parameter should contain a JSON-encoded object.',
  'GET requests may not have a content-type header other than application/json.',
  'Operation batching disabled.',
  'PersistedQueryNotSupported',
] as const;

/** Messages of Apollo Server that speak to whoever set it up, said to whoever sent the request. */
const REWORDED: readonly (readonly [start: string, said: string])[] = [
  ['GraphQL introspection is not allowed by Apollo Server', 'The schema cannot be read here.'],
  [
    'This operation has been blocked as a potential Cross-Site Request Forgery',
    'Refused as a possible request forgery: send the header content-type: application/json, or apollo-require-preflight.',
  ],
];

/** Kinds of tokens, places of directives, operations, parameters: words that are not the caller's. */
const KINDS = new Set([
  ...['Name', 'Int', 'Float', 'String', 'BlockString', '<SOF>', '<EOF>', 'Comment'],
  ...['!', '$', '&', '(', ')', '...', ':', '=', '@', '[', ']', '{', '|', '}', '.'].map((mark) => `"${mark}"`),
  ...['QUERY', 'MUTATION', 'SUBSCRIPTION', 'FIELD', 'FRAGMENT_DEFINITION', 'FRAGMENT_SPREAD', 'INLINE_FRAGMENT'],
  ...['VARIABLE_DEFINITION', 'query', 'mutation', 'subscription', 'variables', 'extensions', 'operationName'],
]);

const OTHERWISE: Readonly<Record<string, string>> = {
  GRAPHQL_PARSE_FAILED: 'The document is not GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema.',
  OPERATION_RESOLUTION_FAILURE: 'There is no such operation in the document.',
  BAD_USER_INPUT: 'The input does not fit its type.',
};

interface Template {
  readonly shape: RegExp;
  readonly words: readonly string[];
  readonly slots: readonly string[];
}

const COMPILED: readonly Template[] = TEMPLATES.map((template) => {
  const words = template.split(/<[nxks]>/);
  const slots = [...template.matchAll(/<([nxks])>/g)].map(([, slot]) => slot!);
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const patterns = slots.map((slot) => (slot === 's' ? '( Did you mean .*)?' : slot === 'n' ? '([^"]*?)' : '(.*?)'));
  return { shape: new RegExp(`^${escaped.map((word, i) => word + (patterns[i] ?? '')).join('')}$`, 's'), words, slots };
});

/** Says a message of graphql-js' or Apollo Server's again, without a word of the document or the variables. */
export type Rephrase = (message: string, code: string) => string;

export function rephraseFor(schema: GraphQLSchema, showSuggestions: boolean): Rephrase {
  const names = schemaNames(schema);
  const say = (slot: string, text: string): string => {
    if (slot === 'n')
      return text.split(/([A-Za-z0-9_]+)/).every((part, i) => (i % 2 ? names.has(part) : /^[[\]!.]*$/.test(part)))
        ? text
        : '…';
    if (slot === 'k')
      return KINDS.has(text) ? text : KINDS.has(text.split(' ', 1)[0]!) ? `${text.split(' ', 1)[0]} …` : '…';
    if (slot === 's' && text && showSuggestions) return suggestions(text, names);
    return slot === 'x' ? '…' : '';
  };
  return (message, code) => {
    for (const [start, said] of REWORDED) if (message.startsWith(start)) return said;
    for (const { shape, words, slots } of COMPILED) {
      const found = shape.exec(message);
      if (found)
        return words.map((word, i) => word + (i < slots.length ? say(slots[i]!, found[i + 1] ?? '') : '')).join('');
    }
    return OTHERWISE[code] ?? 'The request is not one that can be answered.';
  };
}

/** Whether a message is one that graphql-js gives when an argument of a field is wrong only once variables are known. */
export const argumentAtFault = (message: string): string | undefined =>
  /^Argument "([_A-Za-z0-9]+)" (?:of (?:required|non-null) type |has invalid value )/.exec(message)?.[1];

function suggestions(text: string, names: ReadonlySet<string>): string {
  const known = [...text.matchAll(/"([_A-Za-z0-9]+)"/g)].map(([, name]) => name!).filter((name) => names.has(name));
  return known.length === 0 ? '' : ` Did you mean ${known.map((name) => `"${name}"`).join(', ')}?`;
}

/** Every name that the schema has: of types, fields, arguments, enum values and directives. */
export function schemaNames(schema: GraphQLSchema): ReadonlySet<string> {
  const names = new Set<string>(['__typename', '__schema', '__type']);
  const add = (...items: readonly { name: string }[]) => {
    for (const { name } of items) names.add(name);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    add(type);
    if (isEnumType(type)) add(...type.getValues());
    if (isInputObjectType(type)) add(...Object.values(type.getFields()));
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) add(field, ...field.args);
    }
  }
  for (const directive of schema.getDirectives()) add(directive, ...directive.args);
  return names;
}
