import type { GatewayError } from '../errors.ts';
import { type IdKind, insideId, outsideId, parseId } from '../primitives/ids.ts';
import { asksToReveal } from './asks-to-reveal.ts';
import type { Context } from './context.ts';
import type { Resolvers } from './generated/types.ts';

/** The resolver of `id` for objects that carry a UUID. */
export function globalId(kind: IdKind): (object: { id: string }) => string {
  return ({ id }) => outsideId(kind, id);
}

/** The UUID of an id that came in. What is not an id of this kind names nothing that exists. */
export function uuidOf(text: string, kind: IdKind, otherwise: () => GatewayError): string {
  const uuid = insideId(text, kind);
  if (uuid === undefined) throw otherwise();
  return uuid;
}

type Found = NonNullable<unknown> | null;

/** How each kind of id is looked up: null for what the caller does not see. */
const FIND = {
  SECRET: (uuid, context, toReveal) => context.signedIn().secretReader.findById(uuid, toReveal),
  USER: (uuid, context) => context.signedIn().users.findById(uuid),
  GROUP: (uuid, context) => context.signedIn().groups.findById(uuid),
  APPLICATION: (uuid, context) => context.signedIn().applications.findById(uuid),
  PERMISSION: (uuid, context) => context.signedIn().permissionReader.findById(uuid),
  AUDIT_EVENT: (uuid, context) => context.signedIn().auditEvents.findById(uuid),
  ACCESS_KEY: async () => null,
  ROLE: async () => null,
} satisfies Record<IdKind, (uuid: string, context: Context, toReveal: boolean) => Promise<Found>>;

const TYPES: Record<IdKind, string> = {
  SECRET: 'Secret',
  USER: 'User',
  GROUP: 'Group',
  APPLICATION: 'Application',
  PERMISSION: 'Permission',
  AUDIT_EVENT: 'AuditEvent',
  ACCESS_KEY: 'AccessKey',
  ROLE: 'RoleName',
};

/** Marks an object with its GraphQL type, where a field may give one of several. */
export function typed<T extends object>(kind: IdKind, object: T): T {
  return Object.assign(Object.create(null), object, { __typename: TYPES[kind] });
}

export const nodeResolvers: Resolvers = {
  Query: {
    async node(_, { id }, context, info) {
      context.signedIn(); // or UNAUTHENTICATED, whatever the id
      const parsed = parseId(id);
      if (parsed === undefined) return null;
      const found = await FIND[parsed.kind](parsed.uuid, context, asksToReveal(info));
      return found === null ? null : (typed(parsed.kind, found) as never);
    },
  },
};
