import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';

/** Returns the names of all types, fields, arguments, enum values and directives of the schema. */
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
