import type { Uuid } from '../../primitives/ids.ts';
import type { SecretView } from '../../secrets/secret.ts';
import type { Session } from '../../session/session.ts';
import { direct } from '../direct-fields.ts';
import type {
  AccessEntryResolvers,
  AccessHistoryEntryResolvers,
  AccessPathResolvers,
  Resolvers,
  SecretResolvers,
} from '../generated/types.ts';
import { withTypename } from '../typename.ts';
import type { Principal } from './principals.ts';

export const accessResolvers: Resolvers = {
  Query: {
    accessEntries: (_, { principalId, secret, access, at, ...page }, { session }) =>
      session.accessReader.entries({ principalId, secret, access, at }, page),
    accessChanges: (_, { from, until, principalId, secret, ...page }, { session }) =>
      session.historyReader.changes({ from, until, principalId, secret }, page),
    unusedPermissions: (_, { since, ...page }, { session }) => session.unusedPermissions.list(since, page),
    explainAccess: (_, { principalId, secret, access }, { session }) =>
      session.accessReader.explain(principalId, secret, access),
  },
  Secret: direct<SecretResolvers>({
    accessEntries: (secret, { access, ...page }, { session }) =>
      session.accessReader.ofSecret(secret, access ?? null, page),
  }),
  AccessEntry: direct<AccessEntryResolvers>({
    principal: ({ principalId }, _, { session }) => principalOfEntry(session, principalId),
    secret: ({ secretId }, _, { session }) => secretOfEntry(session, secretId),
  }),
  AccessHistoryEntry: direct<AccessHistoryEntryResolvers>({
    principal: ({ principalId }, _, { session }) => principalOfEntry(session, principalId),
    secret: ({ secretId }, _, { session }) => secretOfEntry(session, secretId),
  }),
  AccessPath: direct<AccessPathResolvers>({
    permission: ({ permissionId }, _, { session }) =>
      permissionId === null ? null : session.accessObjects.load('PERMISSION', permissionId),
    group: ({ groupId }, _, { session }) => (groupId === null ? null : session.accessObjects.load('GROUP', groupId)),
    tag: ({ tag }) => (tag === null ? null : { tag }),
  }),
};

async function principalOfEntry(session: Session, id: Uuid): Promise<Principal> {
  const found = await session.accessObjects.principal(id);
  if (found === null) throw new Error('An access entry names a principal that never existed.');
  return found.kind === 'USER' ? withTypename('USER', found.object) : withTypename('APPLICATION', found.object);
}

async function secretOfEntry(session: Session, id: Uuid): Promise<SecretView> {
  const found = await session.accessObjects.load('SECRET', id);
  if (found === null) throw new Error('An access entry names a secret that never existed.');
  return found;
}
