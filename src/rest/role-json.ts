/** A role as clients of Conductor read it. */
export interface RoleJson {
  name: string;
  permissions: { name: string }[];
}

export function roleJson({ name, permissions }: { name: string; permissions: readonly string[] }): RoleJson {
  return { name, permissions: permissions.map((permission) => ({ name: permission })) };
}
