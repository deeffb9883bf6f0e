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
import { accessResolvers } from '../access/access-resolvers.ts';
import { permissionResolvers } from '../access/permission-resolvers.ts';
import { applicationResolvers } from '../applications/application-resolvers.ts';
import { auditResolvers } from '../audit/audit-resolvers.ts';
import { groupResolvers } from '../groups/group-resolvers.ts';
import { payloadResolvers } from '../payloads/payload-resolvers.ts';
import { secretResolvers } from '../secrets/secret-resolvers.ts';
import { tagResolvers } from '../tags/tag-resolvers.ts';
import { userResolvers } from '../users/user-resolvers.ts';
import { askedAtPresent, askedByViewer, askedOnceFound, type Context } from './context.ts';
import { nodeResolvers } from './nodes.ts';
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

/** Root fields of queries that find out by themselves who asks, with the secrets that they read by name (`Context.early`). */
const EARLY = ['secret', 'resolveReferences'];

function asked(typeName: string, fieldName: string, resolve: GraphQLFieldResolver<unknown, Context>) {
  if (typeName === 'Mutation') return askedAtPresent(resolve);
  if (typeName === 'Query' && !EARLY.includes(fieldName)) return askedOnceFound(resolve);
  return askedByViewer(resolve);
}

/** `schema.graphql` with its resolvers. @throws Error if a resolver has no field, or a field that needs one has none */
export function loadSchema(): GraphQLSchema {
  const sdl = readFileSync(join(import.meta.dirname, '../../schema.graphql'), 'utf8');
  const schema = buildASTSchema(parse(sdl));
  for (const [name, scalar] of Object.entries(scalarResolvers)) {
    const type = schema.getType(name);
    if (!isScalarType(type)) throw new Error(`schema.graphql has no scalar ${name}`);
    type.serialize = scalar.serialize;
    type.parseValue = scalar.parseValue;
    type.parseLiteral = scalar.parseLiteral;
  }
  for (const resolvers of RESOLVERS) {
    for (const [typeName, fields] of Object.entries(resolvers)) {
      const type = schema.getType(typeName);
      if (!isObjectType(type) || isEnumType(type)) throw new Error(`schema.graphql has no type ${typeName}`);
      for (const [fieldName, resolve] of Object.entries(fields as Record<string, never>)) {
        const field = type.getFields()[fieldName];
        if (field === undefined) throw new Error(`schema.graphql has no field ${typeName}.${fieldName}`);
        field.resolve = asked(typeName, fieldName, resolve);
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
