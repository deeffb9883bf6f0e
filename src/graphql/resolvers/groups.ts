import { NotFound } from '../../errors.ts';
import { noPage } from '../../primitives/pages.ts';
import type { Resolvers } from '../generated/types.ts';
import { globalId, uuidOf } from '../global-id.ts';
import { findPrincipal } from './principals.ts';

const noGroup = (field: string) => () => new NotFound('group', field);

export const groupResolvers: Resolvers = {
  Query: {
    group: (_, { name }, context) => context.signedIn().groups.findByName(name),
    groups: (_, { nameContains, ...page }, context) => context.signedIn().groups.list(nameContains ?? null, page),
  },
  Group: {
    id: globalId('GROUP'),
    roles(group, _, context) {
      const { groups, directory } = context.signedIn();
      return groups.seesWhole(group) ? directory.rolesOf(group.id) : [];
    },
    async members(group, page, context) {
      const services = context.signedIn();
      if (!services.groups.seesWhole(group)) return noPage(page);
      const { nodes, pageInfo } = await services.groups.members(group.id, page);
      const members = await Promise.all(nodes.map(({ memberId }) => findPrincipal(services, memberId)));
      return { nodes: members.filter((member) => member !== null), pageInfo };
    },
    permissions(group, page, context) {
      const { groups, permissionReader } = context.signedIn();
      return groups.seesWhole(group) ? permissionReader.ofSubject(group.id, page) : noPage(page);
    },
  },
  Mutation: {
    createGroup: async (_, { input }, context) => ({ group: await context.signedIn().groups.create(input) }),
    async updateGroup(_, { input }, context) {
      const { groups } = context.signedIn();
      return { group: await groups.update({ ...input, id: uuidOf(input.id, 'GROUP', noGroup('id')) }) };
    },
    async deleteGroup(_, { id }, context) {
      await context.signedIn().groups.delete(uuidOf(id, 'GROUP', noGroup('id')));
      return { id };
    },
    async addGroupMembers(_, { groupId, principalIds }, context) {
      const { groups } = context.signedIn();
      return { group: await groups.addMembers(uuidOf(groupId, 'GROUP', noGroup('groupId')), principalIds) };
    },
    async removeGroupMembers(_, { groupId, principalIds }, context) {
      const { groups } = context.signedIn();
      return { group: await groups.removeMembers(uuidOf(groupId, 'GROUP', noGroup('groupId')), principalIds) };
    },
  },
};
