// What is known of an operation before it is executed: which fields stand where, their arguments, how each value becomes an answer.
import {
  defaultFieldResolver,
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';
import { argumentsOf } from './arguments-of.ts';
import { type Collecting, collectFields, type Fragments, type Variables } from './collect-fields.ts';

export interface Plan {
  readonly schema: GraphQLSchema;
  readonly fragments: Fragments;
  readonly operation: OperationDefinitionNode;
  readonly fields: readonly PlannedField[];
}

export interface PlannedField {
  /** In the answer. */
  readonly name: string;
  readonly parent: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  /** Every node that asks for it. */
  readonly nodes: readonly FieldNode[];
  readonly resolve: GraphQLFieldResolver<unknown, unknown>;
  /** @throws GraphQLError */
  readonly args: (variables: Variables) => Record<string, unknown>;
  readonly shape: Shape;
  /** What is asked for of an object of this type that stands here. */
  readonly below: (type: GraphQLObjectType) => readonly PlannedField[];
}

/** A type, as far as the completion of values asks. */
export type Shape =
  | { readonly kind: 'NON_NULL'; readonly of: Shape }
  | { readonly kind: 'LIST'; readonly of: Shape }
  | { readonly kind: 'LEAF'; readonly type: GraphQLLeafType }
  | { readonly kind: 'ABSTRACT'; readonly type: GraphQLAbstractType }
  | { readonly kind: 'OBJECT'; readonly type: GraphQLObjectType };

/** `variables` matter as far as `@skip` and `@include` name them: a plan is good for all that say the same there. */
export function planOf(
  schema: GraphQLSchema,
  fragments: Fragments,
  operation: OperationDefinitionNode,
  root: GraphQLObjectType,
  variables: Variables,
): Plan {
  const collecting: Collecting = { schema, fragments, variables };

  const fieldsOf = (type: GraphQLObjectType, selections: readonly SelectionSetNode[]): PlannedField[] =>
    [...collectFields(collecting, type, selections)].flatMap(([name, nodes]) => {
      const definition = definitionOf(schema, type, nodes[0]!);
      return definition === undefined ? [] : [plannedField(name, type, definition, nodes)];
    });

  const plannedField = (
    name: string,
    parent: GraphQLObjectType,
    definition: GraphQLField<unknown, unknown>,
    nodes: FieldNode[],
  ): PlannedField => {
    const selections = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const known = new Map<GraphQLObjectType, readonly PlannedField[]>();
    return {
      name,
      parent,
      definition,
      nodes,
      resolve: definition.resolve ?? defaultFieldResolver,
      args: argumentsOf(definition, nodes[0]!),
      shape: shapeOf(definition.type),
      below(type) {
        const fields = known.get(type) ?? fieldsOf(type, selections);
        known.set(type, fields);
        return fields;
      },
    };
  };

  return { schema, fragments, operation, fields: fieldsOf(root, [operation.selectionSet]) };
}

function definitionOf(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  { name: { value: name } }: FieldNode,
): GraphQLField<unknown, unknown> | undefined {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  if (type === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return type.getFields()[name];
}

function shapeOf(type: GraphQLOutputType): Shape {
  if (isNonNullType(type)) return { kind: 'NON_NULL', of: shapeOf(type.ofType) };
  if (isListType(type)) return { kind: 'LIST', of: shapeOf(type.ofType) };
  if (isLeafType(type)) return { kind: 'LEAF', type };
  return isAbstractType(type) ? { kind: 'ABSTRACT', type } : { kind: 'OBJECT', type };
}
