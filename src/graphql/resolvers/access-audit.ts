import type { SecretView } from '../../secrets/secret.ts';
import type { Context } from '../context.ts';
import type { Resolvers } from '../generated/types.ts';
import { withTypename } from '../typename.ts';
import type { Principal } from './principals.ts';

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
    principal: ({ principalId }, _, context) => principalOfEntry(context, principalId),
    secret: ({ secretId }, _, context) => secretOfEntry(context, secretId),
  },
  AccessHistoryEntry: {
    principal: ({ principalId }, _, context) => principalOfEntry(context, principalId),
    secret: ({ secretId }, _, context) => secretOfEntry(context, secretId),
  },
  AccessPath: {
    permission: ({ permissionId }, _, context) =>
      permissionId === null ? null : context.signedIn().accessObjects.load('PERMISSION', permissionId),
    group: ({ groupId }, _, context) =>
      groupId === null ? null : context.signedIn().accessObjects.load('GROUP', groupId),
    tag: ({ tag }) => (tag === null ? null : { tag }),
  },
};

async function principalOfEntry(context: Context, id: string): Promise<Principal> {
  const found = await context.signedIn().accessObjects.principal(id);
  if (found === null) throw new Error('An access entry names a principal that never existed.');
  return found.kind === 'USER' ? withTypename('USER', found.object) : withTypename('APPLICATION', found.object);
}

async function secretOfEntry(context: Context, id: string): Promise<SecretView> {
  const found = await context.signedIn().accessObjects.load('SECRET', id);
  if (found === null) throw new Error('An access entry names a secret that never existed.');
  return found;
}
