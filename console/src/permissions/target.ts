import type { PermissionRowFragment, PermissionTargetInput } from '../generated/operations.ts';
import { MAX_NAME_LENGTH } from '../limits.ts';
import { tagOf, tagProblem } from '../parts/tags.tsx';

export type TargetType = 'Tag' | 'Secret';

/** Returns the reason why a text is not a valid target of a grant. Returns undefined if the text is a valid target. */
export function targetProblem(type: TargetType, text: string): string | undefined {
  const name = text.trim();
  if (name === '') return type === 'Tag' ? 'Enter a tag in the format key:value' : 'Enter the name of a secret';
  if (type === 'Tag') return tagProblem(name);
  const valid = name.length <= MAX_NAME_LENGTH && /^[A-Za-z0-9_-]+$/.test(name);
  return valid ? undefined : `Use 1 to ${MAX_NAME_LENGTH} of these characters: A-Z a-z 0-9 _ -`;
}

/** Converts a tag or a secret name to the target of a grant in the GraphQL API. The text must be valid. */
export function targetOf(type: TargetType, text: string): PermissionTargetInput {
  return type === 'Tag' ? { tag: tagOf(text.trim()) } : { secret: text.trim() };
}

/** Converts the target of an existing permission to input for the GraphQL API. */
export function targetAgain({ target }: Pick<PermissionRowFragment, 'target'>): PermissionTargetInput {
  switch (target.__typename) {
    case 'Tag':
      return { tag: { key: target.key, value: target.value } };
    case 'SecretName':
      return { secret: target.name };
    case 'Resource':
      return { resource: { type: target.type, name: target.name } };
  }
}

/** Returns the display name of a permission target, for example `env:prod`, `db` or `TASK_DEF send_mail`. */
export function targetName({ target }: Pick<PermissionRowFragment, 'target'>): string {
  switch (target.__typename) {
    case 'Tag':
      return target.id;
    case 'SecretName':
      return target.name;
    case 'Resource':
      return `${target.type} ${target.name}`;
  }
}
