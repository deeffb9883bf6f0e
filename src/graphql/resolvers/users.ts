import { NotFound } from '../../errors.ts';
import { noPage } from '../../primitives/pages.ts';
import { seenBy } from '../context.ts';
import type { Resolvers } from '../generated/types.ts';
import { globalId, uuidOf } from '../global-id.ts';
import { findPrincipal, groupsOf } from './principals.ts';

const noUser = (field: string) => () => new NotFound('user', field);

export const userResolvers: Resolvers = {
  Query: {
    async viewer(_, __, context) {
      const services = context.signedIn();
      const viewer = await findPrincipal(services, services.authorizer.entitlements.id);
      if (viewer === null) throw new Error('Whoever is signed in is gone.');
      return viewer;
    },
    user: (_, { username }, context) => context.signedIn().users.findByUsername(username),
    users: (_, { nameContains, ...page }, context) => context.signedIn().users.list(nameContains ?? null, page),
  },
  User: {
    id: globalId('USER'),
    email: (user, _, context) => (context.signedIn().users.seesWhole(user) ? user.email : null),
    roles(user, _, context) {
      const { users, directory } = context.signedIn();
      return users.seesWhole(user) ? directory.rolesOf(user.id) : [];
    },
    groups(user, _, context) {
      const services = context.signedIn();
      return services.users.seesWhole(user) ? groupsOf(services, user.id) : [];
    },
    permissions(user, page, context) {
      const { users, permissionReader } = context.signedIn();
      return users.seesWhole(user) ? permissionReader.ofSubject(user.id, page) : noPage(page);
    },
  },
  Mutation: {
    signIn: (_, { username, password }, context) => context.signIn.user(username, password, context),
    signInApplication: (_, { keyId, keySecret }, context) => context.signIn.application(keyId, keySecret, context),
    createUser: async (_, { input }, context) => ({ user: await context.signedIn().users.create(input) }),
    async updateUser(_, { input }, context) {
      const { users } = context.signedIn();
      return { user: await users.update({ ...input, id: uuidOf(input.id, 'USER', noUser('id')) }) };
    },
    async deleteUser(_, { id }, context) {
      await context.signedIn().users.delete(uuidOf(id, 'USER', noUser('id')));
      return { id };
    },
  },
  SignInPayload: {
    async principal({ principal, token }, _, context, info) {
      const services = await context.servicesOf(token.expose());
      const found = await findPrincipal(services, principal.id);
      if (found === null) throw new Error('Whoever signed in is gone.');
      seenBy(services, context, info);
      return found;
    },
  },
};
