import { NotFound } from '../../errors.ts';
import { requireUuid, toGlobalId } from '../../primitives/ids.ts';
import { noPage } from '../../primitives/pages.ts';
import { signedInSession, withoutSession } from '../context.ts';
import { direct } from '../direct-fields.ts';
import type { Resolvers, UserResolvers } from '../generated/types.ts';
import { globalId } from '../global-id.ts';
import { findPrincipal, groupsOf } from './principals.ts';

const noUser = (field: string) => () => new NotFound('user', field);

export const userResolvers: Resolvers = {
  Query: {
    async viewer(_, __, { session }) {
      const viewer = await findPrincipal(session, session.authorizer.entitlements.id);
      if (viewer === null) throw new Error('The principal of a confirmed session does not exist.');
      return viewer;
    },
    user: (_, { username }, { session }) => session.users.findByUsername(username),
    users: (_, { nameContains, ...page }, { session }) => session.users.list(nameContains ?? null, page),
  },
  User: direct<UserResolvers>({
    id: globalId('USER'),
    email: (user, _, { session }) => (session.users.seesDetails(user) ? user.email : null),
    roles(user, _, { session }) {
      const { users, directory } = session;
      return users.seesDetails(user) ? directory.rolesOf(user.id) : [];
    },
    groups(user, _, { session }) {
      return session.users.seesDetails(user) ? groupsOf(session, user.id) : [];
    },
    permissions(user, page, { session }) {
      const { users, permissionReader } = session;
      return users.seesDetails(user) ? permissionReader.ofSubject(user.id, page) : noPage(page);
    },
  }),
  Mutation: {
    signIn: withoutSession((_, { username, password }, { signIn, request }) =>
      signIn.user(username, password, request),
    ),
    signInApplication: withoutSession((_, { keyId, keySecret }, { signIn, request }) =>
      signIn.application(keyId, keySecret, request),
    ),
    createUser: async (_, { input }, { session }) => ({ user: await session.users.create(input) }),
    async updateUser(_, { input }, { session }) {
      const { users } = session;
      return { user: await users.update({ ...input, id: requireUuid(input.id, 'USER', noUser('id')) }) };
    },
    async deleteUser(_, { id }, { session }) {
      const uuid = requireUuid(id, 'USER', noUser('id'));
      await session.users.delete(uuid);
      return { id: toGlobalId('USER', uuid) };
    },
  },
  SignInPayload: {
    async principal({ principal, token }, _, context, info) {
      const session = await signedInSession(token, context, info);
      const found = await findPrincipal(session, principal.id);
      if (found === null) throw new Error('The principal that signed in does not exist.');
      return found;
    },
  },
};
