// Connects schema.graphql with the resolvers and scalars.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildASTSchema,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isEnumType,
  isObjectType,
  isScalarType,
  parse,
} from 'graphql';
import { type Context, fieldBelow, rootField } from './context.ts';
import { calledOnce, keepDirect } from './direct-fields.ts';
import { accessResolvers } from './resolvers/access-audit.ts';
import { applicationResolvers } from './resolvers/applications.ts';
import { auditResolvers } from './resolvers/audit.ts';
import { groupResolvers } from './resolvers/groups.ts';
import { nodeResolvers } from './resolvers/node.ts';
import { payloadResolvers } from './resolvers/payloads.ts';
import { permissionResolvers } from './resolvers/permissions.ts';
import { secretResolvers } from './resolvers/secrets.ts';
import { tagResolvers } from './resolvers/tags.ts';
import { userResolvers } from './resolvers/users.ts';
import { scalarResolvers } from './scalars.ts';

const RESOLVERS = [
  nodeResolvers,
  secretResolvers,
  tagResolvers,
  permissionResolvers,
  accessResolvers,
  userResolvers,
  groupResolvers,
  applicationResolvers,
  auditResolvers,
  payloadResolvers,
];

function inSession(typeName: string, resolve: GraphQLFieldResolver<unknown, Context>) {
  if (typeName === 'Query' || typeName === 'Mutation') return calledOnce(rootField(typeName, resolve));
  return keepDirect(resolve, calledOnce(fieldBelow(resolve)));
}

/**
 * Creates the executable schema from `schema.graphql` and the resolvers. @throws Error if a resolver has no field in the schema, or if a root field
 * has no resolver
 */
export function loadSchema(): GraphQLSchema {
  const sdl = readFileSync(join(import.meta.dirname, '../../schema.graphql'), 'utf8');
  const schema = buildASTSchema(parse(sdl));
  for (const [name, scalar] of Object.entries(scalarResolvers)) {
    const type = schema.getType(name);
    if (!isScalarType(type)) throw new Error(`schema.graphql does not define the scalar ${name}`);
    type.serialize = scalar.serialize;
    type.parseValue = scalar.parseValue;
    type.parseLiteral = scalar.parseLiteral;
  }
  for (const resolvers of RESOLVERS) {
    for (const [typeName, fields] of Object.entries(resolvers)) {
      const type = schema.getType(typeName);
      if (!isObjectType(type) || isEnumType(type))
        throw new Error(`schema.graphql does not define the type ${typeName}`);
      for (const [fieldName, resolve] of Object.entries(fields as Record<string, never>)) {
        const field = type.getFields()[fieldName];
        if (field === undefined) throw new Error(`schema.graphql does not define the field ${typeName}.${fieldName}`);
        field.resolve = inSession(typeName, resolve);
      }
    }
  }
  for (const root of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(root?.getFields() ?? {})) {
      if (field.resolve === undefined) throw new Error(`${root?.name}.${field.name} has no resolver`);
    }
  }
  return schema;
}
