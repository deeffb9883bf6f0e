import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type ValueNode,
  visit,
} from 'graphql';

/**
 * Searches the arguments of fields and directives. Returns the path of the first literal or variable for which `matches` returns true. Example:
 * `input.tags.0.key`. The path consists of names and list positions. In a valid document, the schema defines all these names.
 */
export function argumentPath(
  document: DocumentNode,
  matches: (value: ValueNode) => boolean,
  of: 'Field' | 'Directive' = 'Field',
): string | undefined {
  const within = (value: ValueNode, path: string): string | undefined => {
    if (matches(value)) return path;
    if (value.kind === Kind.LIST) return first(value.values.map((item, i) => [item, `${path}.${i}`]));
    if (value.kind === Kind.OBJECT)
      return first(value.fields.map((field) => [field.value, `${path}.${field.name.value}`]));
    return undefined;
  };
  const first = (places: [ValueNode, string][]): string | undefined => {
    for (const [value, path] of places) {
      const found = within(value, path);
      if (found !== undefined) return found;
    }
    return undefined;
  };

  let found: string | undefined;
  visit(document, {
    [of]({ arguments: given = [] }: FieldNode | DirectiveNode) {
      found ??= first(given.map((argument) => [argument.value, argument.name.value]));
    },
  });
  return found;
}

/**
 * Converts the path of an argument of a service to its path in the mutation, for example `tags.0.key` to `input.tags.0.key`. In a mutation, the
 * arguments of the service are inside the argument `input`. The list `links` contains an error and the errors that caused the error.
 */
export function writtenAt(schema: GraphQLSchema, links: readonly unknown[], argument: string): string {
  const located = links.find((link) => link instanceof GraphQLError && link.path?.length === 1);
  const field = (located as GraphQLError | undefined)?.nodes?.[0];
  if (field?.kind !== Kind.FIELD) return argument;
  const names =
    schema
      .getMutationType()
      ?.getFields()
      [field.name.value]?.args.map(({ name }) => name) ?? [];
  const isInInput = names.includes('input') && !names.includes(argument.split('.')[0]!);
  return isInInput ? ['input', argument].filter((part) => part !== '').join('.') : argument;
}
