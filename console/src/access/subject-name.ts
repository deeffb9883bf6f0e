/** Label of a principal in a selection field. If a user's display name differs from the username, the label has both: `Ann Smith (ann)`. */
export function subjectName({ name, username = name }: { name: string; username?: string }): string {
  return name === username ? name : `${name} (${username})`;
}
