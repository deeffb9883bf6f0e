// Converts the targets and accesses of grants between REST and the access rules. In REST, a target consists of a type and an id. The id of a tag is
// `key:value`, and the id of every other target is its name.
import { resourceName, type Target, targetKind } from '../access/permission.ts';
import { ACCESSES } from '../access/policy.ts';
import { BadInput } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import { splitTag } from '../primitives/tag-text.ts';
import { secretName } from '../secrets/secret.ts';
import { tagText } from '../tags/tag.ts';

/** Parses the name of an access, in upper or lower case. @throws BadInput for the field `at` */
export function accessOf(text: string, at: string): Access {
  const access = ACCESSES.find((name) => name === text.toUpperCase());
  if (access === undefined) throw new BadInput(at, `one of ${ACCESSES.join(', ')}`);
  return access;
}

/** Parses the type of a grant target, in upper or lower case. SECRET is a synonym of SECRET_NAME. @throws BadInput for the field `at` */
export function targetType(text: string, at: string): Target['kind'] {
  const kind = targetKind(text.toUpperCase());
  if (kind === undefined) throw new BadInput(at, 'a target type, such as SECRET_NAME, TAG or WORKFLOW_DEF');
  return kind;
}

/** Parses the type and the id of a grant target. @throws BadInput for the field `type` or `idName`, with `prefix` before the field name */
export function targetOf(type: string, id: string, prefix = '', idName = 'id'): Target {
  const kind = targetType(type, `${prefix}type`);
  const at = `${prefix}${idName}`;
  if (kind === 'SECRET') return { kind, text: secretName(id, at) };
  if (kind !== 'TAG') return { kind, text: resourceName(id, at) };
  if (!id.includes(':')) throw new BadInput(at, 'a tag in the form key:value');
  return { kind, text: tagText(splitTag(id), at) };
}

export const shownType = (kind: Target['kind']): string => (kind === 'SECRET' ? 'SECRET_NAME' : kind);

export function shownTarget({ kind, text }: Target): { type: string; id: string } {
  return { type: shownType(kind), id: text };
}
