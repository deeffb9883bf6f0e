import { NotFound } from '../../errors.ts';
import { requireUuid, toGlobalId } from '../../primitives/ids.ts';
import { noPage } from '../../primitives/pages.ts';
import { direct } from '../direct-fields.ts';
import type { GroupResolvers, Resolvers } from '../generated/types.ts';
import { globalId } from '../global-id.ts';
import { findPrincipal } from './principals.ts';

const noGroup = (field: string) => () => new NotFound('group', field);

export const groupResolvers: Resolvers = {
  Query: {
    group: (_, { name }, { session }) => session.groups.findByName(name),
    groups: (_, { nameContains, ...page }, { session }) => session.groups.list(nameContains ?? null, page),
  },
  Group: direct<GroupResolvers>({
    id: globalId('GROUP'),
    roles(group, _, { session }) {
      const { groups, directory } = session;
      return groups.seesDetails(group) ? directory.rolesOf(group.id) : [];
    },
    async members(group, page, { session }) {
      if (!session.groups.seesDetails(group)) return noPage(page);
      const { nodes, pageInfo } = await session.groups.members(group.id, page);
      const members = await Promise.all(nodes.map(({ memberId }) => findPrincipal(session, memberId)));
      return { nodes: members.filter((member) => member !== null), pageInfo };
    },
    permissions(group, page, { session }) {
      const { groups, permissionReader } = session;
      return groups.seesDetails(group) ? permissionReader.ofSubject(group.id, page) : noPage(page);
    },
  }),
  Mutation: {
    createGroup: async (_, { input }, { session }) => ({ group: await session.groups.create(input) }),
    async updateGroup(_, { input }, { session }) {
      const { groups } = session;
      return { group: await groups.update({ ...input, id: requireUuid(input.id, 'GROUP', noGroup('id')) }) };
    },
    async deleteGroup(_, { id }, { session }) {
      const uuid = requireUuid(id, 'GROUP', noGroup('id'));
      await session.groups.delete(uuid);
      return { id: toGlobalId('GROUP', uuid) };
    },
    async addGroupMembers(_, { groupId, principalIds }, { session }) {
      const { groups } = session;
      return { group: await groups.addMembers(requireUuid(groupId, 'GROUP', noGroup('groupId')), principalIds) };
    },
    async removeGroupMembers(_, { groupId, principalIds }, { session }) {
      const { groups } = session;
      return { group: await groups.removeMembers(requireUuid(groupId, 'GROUP', noGroup('groupId')), principalIds) };
    },
  },
};
