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

/** A copy of an object with its GraphQL type, for a field of an interface or a union: graphql-js reads `__typename`. Null stays null. */
export function withTypename<Kind extends IdKind, T extends object | null>(
  kind: Kind,
  object: T,
): WithTypename<Kind, T> {
  return (object && { ...object, __typename: TYPENAMES[kind] }) as WithTypename<Kind, T>;
}
