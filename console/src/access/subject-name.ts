/** Under what somebody is chosen: a user whose name is not what they sign in with as `Ann Smith (ann)`. */
export function subjectName({ name, username = name }: { name: string; username?: string }): string {
  return name === username ? name : `${name} (${username})`;
}
