import type { Context } from '../context.ts';
import type { Resolvers } from '../generated/types.ts';
import { typed } from '../nodes.ts';

export const accessResolvers: Resolvers = {
  Query: {
    accessEntries: (_, { principalId, secret, access, at, ...page }, context) =>
      context.signedIn().accessReader.entries({ principalId, secret, access, at }, page),
    accessChanges: (_, { from, until, principalId, secret, ...page }, context) =>
      context.signedIn().historyReader.changes({ from, until, principalId, secret }, page),
    unusedPermissions: (_, { since, ...page }, context) => context.signedIn().unusedPermissions.list(since, page),
    explainAccess: (_, { principalId, secret, access }, context) =>
      context.signedIn().accessReader.explain(principalId, secret, access),
  },
  Secret: {
    accessEntries: (secret, { access, ...page }, context) =>
      context.signedIn().accessReader.ofSecret(secret, access ?? null, page),
  },
  AccessEntry: {
    principal: ({ principalId }, _, context) => principal(context, principalId),
    secret: ({ secretId }, _, context) => secret(context, secretId),
  },
  AccessHistoryEntry: {
    principal: ({ principalId }, _, context) => principal(context, principalId),
    secret: ({ secretId }, _, context) => secret(context, secretId),
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

async function principal(context: Context, id: string): Promise<never> {
  const found = await context.signedIn().accessObjects.principal(id);
  if (found === null) throw new Error('An entry has a principal that never was.');
  return typed(found.kind, found.object) as never;
}

async function secret(context: Context, id: string): Promise<never> {
  const found = await context.signedIn().accessObjects.load('SECRET', id);
  if (found === null) throw new Error('An entry has a secret that never was.');
  return found as never;
}
