import { type DocumentNode, type GraphQLSchema, getNamedType, Kind, TypeInfo, visit, visitWithTypeInfo } from 'graphql';

/** Whether the document has a literal of the type SecretValue or JSON. Such a literal may contain a secret value. */
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
