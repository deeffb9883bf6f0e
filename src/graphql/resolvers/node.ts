import { type IdKind, parseId } from '../../primitives/ids.ts';
import type { Context } from '../context.ts';
import type { Resolvers, ResolversInterfaceTypes, ResolversTypes } from '../generated/types.ts';
import { selectsReveal } from '../reveal-selection.ts';
import { withTypename } from '../typename.ts';

type Node = ResolversInterfaceTypes<ResolversTypes>['Node'];
type Find = (uuid: string, context: Context, reveal: boolean) => Promise<Node | null>;

/** How to find the object of a global id. Null for an object that the caller may not see. */
const FIND: Record<IdKind, Find> = {
  SECRET: async (uuid, context, reveal) =>
    withTypename('SECRET', await context.signedIn().secretReader.findById(uuid, reveal)),
  USER: async (uuid, context) => withTypename('USER', await context.signedIn().users.findById(uuid)),
  GROUP: async (uuid, context) => withTypename('GROUP', await context.signedIn().groups.findById(uuid)),
  APPLICATION: async (uuid, context) =>
    withTypename('APPLICATION', await context.signedIn().applications.findById(uuid)),
  PERMISSION: async (uuid, context) =>
    withTypename('PERMISSION', await context.signedIn().permissionReader.findById(uuid)),
  AUDIT_EVENT: async (uuid, context) =>
    withTypename('AUDIT_EVENT', await context.signedIn().auditEvents.findById(uuid)),
  ACCESS_KEY: async () => null,
  ROLE: async () => null,
};

export const nodeResolvers: Resolvers = {
  Query: {
    async node(_, { id }, context, info) {
      // A caller without a session gets UNAUTHENTICATED, also for a text that is not an id.
      context.signedIn();
      const parsed = parseId(id);
      return parsed === undefined ? null : FIND[parsed.kind](parsed.uuid, context, selectsReveal(info));
    },
  },
};
