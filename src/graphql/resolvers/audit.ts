import { isEnumType } from 'graphql';
import { direct } from '../direct-fields.ts';
import type { AuditEventResolvers, Resolvers } from '../generated/types.ts';
import { globalId } from '../global-id.ts';

export const auditResolvers: Resolvers = {
  Query: {
    auditEvents: (_, { filter, ...page }, { session }) =>
      session.auditEvents.list(
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
  Mutation: {
    verifyAuditLog: (_, __, { session }) => session.auditEvents.verify(),
  },
  AuditVerification: {
    brokenAt({ brokenAt }, _, __, { schema }) {
      // A manipulated audit event can contain an action or an outcome that the schema does not define.
      const knows = (name: string, word: string) => {
        const type = schema.getType(name);
        return isEnumType(type) && type.getValue(word) !== undefined;
      };
      if (brokenAt === null || !knows('AuditAction', brokenAt.action) || !knows('AuditOutcome', brokenAt.outcome))
        return null;
      return Number.isNaN(brokenAt.at.getTime()) ? null : brokenAt;
    },
  },
  AuditEvent: direct<AuditEventResolvers>({
    id: globalId('AUDIT_EVENT'),
  }),
};
