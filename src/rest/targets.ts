// What REST means by the target of a grant: a type and an id, which is `key:value` for a tag and a name for all else.
import { resourceName, type Target, targetKind } from '../access/permission.ts';
import { BadInput } from '../errors.ts';
import { secretName } from '../secrets/secret.ts';
import { splitTag, tagText } from '../tags/tag.ts';

/** A type of targets, whatever the case; SECRET is another name for SECRET_NAME. @throws BadInput naming `at` */
export function targetType(text: string, at: string): Target['kind'] {
  const kind = targetKind(text.toUpperCase());
  if (kind === undefined) throw new BadInput(at, 'a type of targets, such as SECRET_NAME, TAG or WORKFLOW_DEF');
  return kind;
}

/** @throws BadInput naming `type` or `idName` after `prefix` */
export function targetOf(type: string, id: string, prefix = '', idName = 'id'): Target {
  const kind = targetType(type, `${prefix}type`);
  const at = `${prefix}${idName}`;
  if (kind === 'SECRET') return { kind, text: secretName(id, at) };
  if (kind !== 'TAG') return { kind, text: resourceName(id, at) };
  if (!id.includes(':')) throw new BadInput(at, 'a tag as key:value');
  return { kind, text: tagText(splitTag(id), at) };
}

export const shownType = (kind: Target['kind']): string => (kind === 'SECRET' ? 'SECRET_NAME' : kind);

export function shownTarget({ kind, text }: Target): { type: string; id: string } {
  return { type: shownType(kind), id: text };
}
