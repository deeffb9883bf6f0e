import type { PermissionRowFragment, PermissionTargetInput } from '../generated/operations.ts';
import { MAX_NAME_LENGTH } from '../limits.ts';
import { tagOf, tagProblem } from '../parts/tags.tsx';

export type TargetType = 'Tag' | 'Secret';

/** The reason why a text is not a valid target of a grant; undefined if the text is valid. */
export function targetProblem(type: TargetType, text: string): string | undefined {
  const name = text.trim();
  if (name === '') return type === 'Tag' ? 'Enter a tag in the format key:value' : 'Enter the name of a secret';
  if (type === 'Tag') return tagProblem(name);
  const valid = name.length <= MAX_NAME_LENGTH && /^[A-Za-z0-9_-]+$/.test(name);
  return valid ? undefined : `Use 1 to ${MAX_NAME_LENGTH} characters of A-Z a-z 0-9 _ -`;
}

/** Converts a valid text to the target of a grant, in the format of the API. */
export function targetOf(type: TargetType, text: string): PermissionTargetInput {
  return type === 'Tag' ? { tag: tagOf(text.trim()) } : { secret: text.trim() };
}

/** The target of an existing permission as API input. */
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

/** `env:prod`, `db`, `TASK_DEF send_mail`. */
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
