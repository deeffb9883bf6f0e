import { NotFound } from '../../errors.ts';
import { requireUuid, toGlobalId, toUuid } from '../../primitives/ids.ts';
import { noPage } from '../../primitives/pages.ts';
import { direct } from '../direct-fields.ts';
import type { AccessKeyResolvers, ApplicationResolvers, Resolvers } from '../generated/types.ts';
import { globalId } from '../global-id.ts';
import { groupsOf, principalOf } from './principals.ts';

const noApplication = (field: string) => () => new NotFound('application', field);
const noKey = () => new NotFound('access key', 'keyId');

export const applicationResolvers: Resolvers = {
  Query: {
    application: (_, { id }, { session }) => {
      const { applications } = session;
      const uuid = toUuid(id, 'APPLICATION');
      return uuid === undefined ? null : applications.findById(uuid);
    },
    applications: (_, { nameContains, ...page }, { session }) => session.applications.list(nameContains ?? null, page),
  },
  Application: direct<ApplicationResolvers>({
    id: globalId('APPLICATION'),
    roles(application, _, { session }) {
      const { applications, directory } = session;
      return applications.seesDetails(application) ? directory.rolesOf(application.id) : [];
    },
    groups(application, _, { session }) {
      return session.applications.seesDetails(application) ? groupsOf(session, application.id) : [];
    },
    accessKeys(application, _, { session }) {
      const { applications } = session;
      return applications.seesDetails(application) ? applications.keys(application.id) : [];
    },
    permissions(application, page, { session }) {
      const { applications, permissionReader } = session;
      return applications.seesDetails(application) ? permissionReader.ofSubject(application.id, page) : noPage(page);
    },
    createdBy: (application, _, { session }) => principalOf(session, application.createdBy),
  }),
  AccessKey: direct<AccessKeyResolvers>({
    id: globalId('ACCESS_KEY'),
  }),
  Mutation: {
    createApplication: async (_, { input }, { session }) => ({
      application: await session.applications.create(input),
    }),
    async updateApplication(_, { input }, { session }) {
      const { applications } = session;
      const id = requireUuid(input.id, 'APPLICATION', noApplication('id'));
      return { application: await applications.update({ ...input, id }) };
    },
    async deleteApplication(_, { id }, { session }) {
      const uuid = requireUuid(id, 'APPLICATION', noApplication('id'));
      await session.applications.delete(uuid);
      return { id: toGlobalId('APPLICATION', uuid) };
    },
    createAccessKey: (_, { applicationId, expiresAt }, { session }) =>
      session.applications.createKey(
        requireUuid(applicationId, 'APPLICATION', noApplication('applicationId')),
        expiresAt ?? null,
      ),
    setAccessKeyActive: async (_, { keyId, active }, { session }) => ({
      accessKey: await session.applications.setKeyActive(requireUuid(keyId, 'ACCESS_KEY', noKey), active),
    }),
    async deleteAccessKey(_, { keyId }, { session }) {
      const uuid = requireUuid(keyId, 'ACCESS_KEY', noKey);
      await session.applications.deleteKey(uuid);
      return { id: toGlobalId('ACCESS_KEY', uuid) };
    },
  },
};
