import { type DocumentNode, type GraphQLSchema, getNamedType, Kind, TypeInfo, visit, visitWithTypeInfo } from 'graphql';

/** Returns whether the document contains a literal of the type SecretValue or JSON. A literal of these types can contain a secret value. */
export function hasValueLiterals(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let found = false;
  const check = () => {
    const { name } = getNamedType(types.getInputType()) ?? {};
    if (name === 'SecretValue' || name === 'JSON') found = true;
  };
  visit(
    document,
    visitWithTypeInfo(types, {
      [Kind.STRING]: check,
      [Kind.INT]: check,
      [Kind.FLOAT]: check,
      [Kind.LIST]: check,
      [Kind.OBJECT]: check,
    }),
  );
  return found;
}
