import { NotFound } from '../../errors.ts';
import { insideId } from '../../primitives/ids.ts';
import { noPage } from '../../primitives/pages.ts';
import type { Resolvers } from '../generated/types.ts';
import { globalId, uuidOf } from '../global-id.ts';
import { groupsOf, principalOf } from './principals.ts';

const noApplication = (field: string) => () => new NotFound('application', field);
const noKey = () => new NotFound('access key', 'keyId');

export const applicationResolvers: Resolvers = {
  Query: {
    application: (_, { id }, context) => {
      const { applications } = context.signedIn();
      const uuid = insideId(id, 'APPLICATION');
      return uuid === undefined ? null : applications.findById(uuid);
    },
    applications: (_, { nameContains, ...page }, context) =>
      context.signedIn().applications.list(nameContains ?? null, page),
  },
  Application: {
    id: globalId('APPLICATION'),
    roles(application, _, context) {
      const { applications, directory } = context.signedIn();
      return applications.seesWhole(application) ? directory.rolesOf(application.id) : [];
    },
    groups(application, _, context) {
      const services = context.signedIn();
      return services.applications.seesWhole(application) ? groupsOf(services, application.id) : [];
    },
    accessKeys(application, _, context) {
      const { applications } = context.signedIn();
      return applications.seesWhole(application) ? applications.keys(application.id) : [];
    },
    permissions(application, page, context) {
      const { applications, permissionReader } = context.signedIn();
      return applications.seesWhole(application) ? permissionReader.ofSubject(application.id, page) : noPage(page);
    },
    createdBy: (application, _, context) => principalOf(context, application.createdBy),
  },
  AccessKey: {
    id: globalId('ACCESS_KEY'),
  },
  Mutation: {
    createApplication: async (_, { input }, context) => ({
      application: await context.signedIn().applications.create(input),
    }),
    async updateApplication(_, { input }, context) {
      const { applications } = context.signedIn();
      const id = uuidOf(input.id, 'APPLICATION', noApplication('id'));
      return { application: await applications.update({ ...input, id }) };
    },
    async deleteApplication(_, { id }, context) {
      await context.signedIn().applications.delete(uuidOf(id, 'APPLICATION', noApplication('id')));
      return { id };
    },
    createAccessKey: (_, { applicationId, expiresAt }, context) =>
      context
        .signedIn()
        .applications.createKey(
          uuidOf(applicationId, 'APPLICATION', noApplication('applicationId')),
          expiresAt ?? null,
        ),
    setAccessKeyActive: async (_, { keyId, active }, context) => ({
      accessKey: await context.signedIn().applications.setKeyActive(uuidOf(keyId, 'ACCESS_KEY', noKey), active),
    }),
    async deleteAccessKey(_, { keyId }, context) {
      await context.signedIn().applications.deleteKey(uuidOf(keyId, 'ACCESS_KEY', noKey));
      return { id: keyId };
    },
  },
};
