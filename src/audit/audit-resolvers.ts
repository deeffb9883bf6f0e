import type { Resolvers } from '../graphql/generated/types.ts';
import { globalId } from '../graphql/nodes.ts';

export const auditResolvers: Resolvers = {
  Query: {
    auditEvents: (_, { filter, ...page }, context) =>
      context.signedIn().auditEvents.list(
        {
          actorId: filter?.actorId ?? undefined,
          secret: filter?.secret ?? undefined,
          actions: filter?.actions ?? undefined,
          outcome: filter?.outcome ?? undefined,
          from: filter?.from ?? undefined,
          until: filter?.until ?? undefined,
        },
        page,
      ),
  },
  AuditEvent: {
    id: globalId('AUDIT_EVENT'),
  },
};
