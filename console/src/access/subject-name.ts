/**
 * Returns the label of a principal in a selection field. If a user has a display name, the label contains the display name and the
 * username: `Ann Smith (ann)`.
 */
export function subjectName({ name, username = name }: { name: string; username?: string }): string {
  return name === username ? name : `${name} (${username})`;
}
