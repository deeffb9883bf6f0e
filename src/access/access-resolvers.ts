import type { Context } from '../graphql/context.ts';
import type { Resolvers } from '../graphql/generated/types.ts';
import { typed } from '../graphql/nodes.ts';

export const accessResolvers: Resolvers = {
  Query: {
    accessEntries: (_, { principalId, secret, access, at, ...page }, context) =>
      context.signedIn().accessReader.entries({ principalId, secret, access, at }, page),
    explainAccess: (_, { principalId, secret, access }, context) =>
      context.signedIn().accessReader.explain(principalId, secret, access),
  },
  Secret: {
    accessEntries: (secret, { access, ...page }, context) =>
      context.signedIn().accessReader.ofSecret(secret, access ?? null, page),
  },
  AccessEntry: {
    async principal({ principalId }, _, context) {
      const found = await context.signedIn().accessObjects.principal(principalId);
      if (found === null) throw new Error('An entry has a principal that never was.');
      return typed(found.kind, found.object) as never;
    },
    async secret({ secretId }, _, context) {
      const found = await context.signedIn().accessObjects.load('SECRET', secretId);
      if (found === null) throw new Error('An entry has a secret that never was.');
      return found as never;
    },
  },
  AccessPath: {
    permission: ({ permissionId }, _, context) => load(context, 'PERMISSION', permissionId),
    group: ({ groupId }, _, context) => load(context, 'GROUP', groupId),
    tag: ({ tag }) => (tag === null ? null : ({ tag } as never)),
  },
};

function load(context: Context, kind: 'PERMISSION' | 'GROUP', id: string | null): Promise<never> | null {
  return id === null ? null : (context.signedIn().accessObjects.load(kind, id) as Promise<never>);
}
