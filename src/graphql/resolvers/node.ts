import { type IdKind, parseGlobalId, type Uuid } from '../../primitives/ids.ts';
import type { Session } from '../../session/session.ts';
import type { Resolvers, ResolversInterfaceTypes, ResolversTypes } from '../generated/types.ts';
import { revealsIn } from '../reveal-selection.ts';
import { withTypename } from '../typename.ts';

type Node = ResolversInterfaceTypes<ResolversTypes>['Node'];
type Find = (uuid: Uuid, session: Session, reveal: boolean) => Promise<Node | null>;

/** For each kind of global id, the function that finds the object with this id. The function returns null if the caller may not see the object. */
const FIND: Record<IdKind, Find> = {
  SECRET: async (uuid, session, reveal) => withTypename('SECRET', await session.secretReader.findById(uuid, reveal)),
  USER: async (uuid, session) => withTypename('USER', await session.users.findById(uuid)),
  GROUP: async (uuid, session) => withTypename('GROUP', await session.groups.findById(uuid)),
  APPLICATION: async (uuid, session) => withTypename('APPLICATION', await session.applications.findById(uuid)),
  PERMISSION: async (uuid, session) => withTypename('PERMISSION', await session.permissionReader.findById(uuid)),
  AUDIT_EVENT: async (uuid, session) => withTypename('AUDIT_EVENT', await session.auditEvents.findById(uuid)),
  ACCESS_KEY: async () => null,
  ROLE: async () => null,
};

export const nodeResolvers: Resolvers = {
  Query: {
    async node(_, { id }, { session }, info) {
      const parsed = parseGlobalId(id);
      return parsed === undefined ? null : FIND[parsed.kind](parsed.uuid, session, revealsIn(info) !== 'NONE');
    },
  },
};
