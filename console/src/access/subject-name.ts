/** Label of a principal in a selection: a user whose name differs from the username is `Ann Smith (ann)`. */
export function subjectName({ name, username = name }: { name: string; username?: string }): string {
  return name === username ? name : `${name} (${username})`;
}
