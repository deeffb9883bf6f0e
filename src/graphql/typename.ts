import type { IdKind } from '../primitives/ids.ts';

const TYPENAMES = {
  SECRET: 'Secret',
  USER: 'User',
  GROUP: 'Group',
  APPLICATION: 'Application',
  PERMISSION: 'Permission',
  AUDIT_EVENT: 'AuditEvent',
  ACCESS_KEY: 'AccessKey',
  ROLE: 'RoleName',
} as const satisfies Record<IdKind, string>;

type WithTypename<Kind extends IdKind, T> = T extends object ? T & { __typename: (typeof TYPENAMES)[Kind] } : T;

/**
 * Returns a copy of an object with a field `__typename` that contains the GraphQL type of the object. graphql-js reads `__typename` if the type of a
 * schema field is an interface or a union. Returns null for null.
 */
export function withTypename<Kind extends IdKind, T extends object | null>(
  kind: Kind,
  object: T,
): WithTypename<Kind, T> {
  return (object && { ...object, __typename: TYPENAMES[kind] }) as WithTypename<Kind, T>;
}
