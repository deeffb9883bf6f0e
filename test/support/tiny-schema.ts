// A GraphQL schema that contains every kind of type and directive that the server handles.

import { buildSchema, type GraphQLObjectType, GraphQLScalarType, type GraphQLSchema } from 'graphql';
import { Forbidden, NotFound } from '../../src/errors.ts';
import { DateTimeScalar, JSONScalar, SecretValueScalar } from '../../src/graphql/scalars.ts';
import { MASK, Sensitive } from '../../src/sensitive.ts';

const sdl = /* GraphQL */ `
  scalar DateTime
  scalar JSON
  scalar SecretValue

  enum Access { CREATE READ UPDATE }

  type Query {
    secret(name: String!): Secret
    secrets(filter: SecretFilter, first: Int! = 50, after: String): SecretConnection!
    at(time: DateTime!): DateTime
    echo(payload: JSON!): JSON
    mask(payload: JSON!, fields: [String!]! = []): JSON
    fails(how: String!): String
    neverNull: Neverland
    wide(size: Int! = 50): [Int!]!
  }
  type Neverland { where: String! }
  type Mutation {
    createSecret(input: CreateSecretInput!): SecretPayload
    signIn(username: String!, password: SecretValue!): SecretPayload
    grant(target: TargetInput!, access: [Access!]!): SecretPayload
    runTask(input: JSON!): SecretPayload
  }
  type Secret {
    name: String!
    value(reveal: Boolean! = false, version: Int): SecretValue
    tags: [Tag!]!
    related(first: Int! = 50): SecretConnection!
  }
  type Tag { key: String! value: String! }
  type SecretConnection { nodes: [Secret!]! pageInfo: PageInfo! }
  type PageInfo { hasNextPage: Boolean! }
  type SecretPayload { secret: Secret! }
  input SecretFilter { nameContains: String access: [Access!] deleted: Boolean! = false expiresBefore: DateTime }
  input TagInput { key: String! value: String! }
  input CreateSecretInput {
    name: String!
    value: SecretValue!
    description: String
    tags: [TagInput!]! = []
    expiresAt: DateTime
    version: Int
  }
  input TargetInput @oneOf { tag: TagInput secret: String }
`;

/** The message of a library that rejects a value. The message contains the value. */
class DriverError extends Error {
  readonly code = '22P05';
  override name = 'DriverError';
}

export function tinySchema(): GraphQLSchema {
  const schema = buildSchema(sdl);
  for (const scalar of [DateTimeScalar, JSONScalar, SecretValueScalar]) {
    const type = schema.getType(scalar.name);
    if (type instanceof GraphQLScalarType) {
      const { serialize, parseValue, parseLiteral } = scalar;
      Object.assign(type, { serialize, parseValue, parseLiteral });
    }
  }

  const secret = (name: string, value = new Sensitive(`value of ${name}`)) => ({
    name,
    value: ({ reveal }: { reveal: boolean }) => (reveal ? value : MASK),
    tags: [{ key: 'env', value: 'prod' }],
    related: page,
  });
  const page = ({ first }: { first: number }) => ({
    nodes: Array.from({ length: Math.min(first, 3) }, (_, i) => secret(`s${i}`)),
    pageInfo: { hasNextPage: false },
  });

  resolve(schema.getQueryType()!, {
    secret: ({ name }) => (name === 'gone' ? null : secret(String(name))),
    secrets: (args) => page(args as { first: number }),
    at: ({ time }) => time,
    echo: ({ payload }) => payload,
    mask: ({ payload }) => payload,
    fails: ({ how }) => {
      if (how === 'forbidden') throw new Forbidden('READ is needed.', 'name');
      if (how === 'not found') throw new NotFound('secret', 'name');
      throw new DriverError(`invalid byte sequence near "${how}" in ${JSON.stringify({ how })}`);
    },
    neverNull: () => ({ where: null }),
    wide: ({ size }) => Array.from({ length: Number(size) }, (_, i) => i),
  });
  resolve(schema.getMutationType()!, {
    createSecret: ({ input }) => {
      const { name, value } = input as { name: string; value: Sensitive };
      // Fails like a careless library, with the value in the error message.
      if (name === 'break')
        throw new DriverError(`cannot store '${value.expose()}' (${value.expose().slice(0, 12)}...)`);
      return { secret: secret(name, value) };
    },
    signIn: ({ username }) => ({ secret: secret(String(username)) }),
    grant: () => ({ secret: secret('granted') }),
    runTask: () => ({ secret: secret('task') }),
  });
  return schema;
}

function resolve(type: GraphQLObjectType, fields: Record<string, (args: Record<string, unknown>) => unknown>): void {
  for (const [name, field] of Object.entries(fields)) {
    type.getFields()[name]!.resolve = (_source, args) => field(args as Record<string, unknown>);
  }
}
