// Converts simulated changes to JSON for the URL, and parses the JSON. The parser ignores unknown JSON fields and invalid changes.
import type { Access, AccessChange, PermissionInput, Role } from '../generated/operations.ts';
import { MAX_SIMULATED_CHANGES } from '../limits.ts';
import { everyAccess, everyRole } from '../parts/access-names.ts';
import { tagOf, tagProblem } from '../parts/tags.tsx';

export const textOf = (changes: readonly AccessChange[]): string =>
  changes.length === 0 ? '' : JSON.stringify(changes);

/** Parses the JSON of simulated changes. Returns only the valid changes. */
export function changesOf(text: string): AccessChange[] {
  try {
    const found: unknown = JSON.parse(text || '[]');
    if (!Array.isArray(found)) return [];
    return found.flatMap((one) => changeOf(one) ?? []).slice(0, MAX_SIMULATED_CHANGES);
  } catch {
    return [];
  }
}

type Fields = Record<string, unknown>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const isText = (value: unknown): value is string => typeof value === 'string';
const listed = <Word extends string>(value: unknown, words: readonly Word[]): Word[] =>
  Array.isArray(value) ? words.filter((word) => value.includes(word)) : [];

function changeOf(value: unknown): AccessChange | undefined {
  const { grant, revoke, tag, untag, addMember, removeMember, deleteGroup, setRoles } = fieldsOf(value);
  if (grant !== undefined) return made(permissionOf(grant), (one) => ({ grant: one }));
  if (revoke !== undefined) return made(permissionOf(revoke), (one) => ({ revoke: one }));
  if (tag !== undefined) return made(tagsOf(tag), (one) => ({ tag: one }));
  if (untag !== undefined) return made(tagsOf(untag), (one) => ({ untag: one }));
  if (addMember !== undefined) return made(membershipOf(addMember), (one) => ({ addMember: one }));
  if (removeMember !== undefined) return made(membershipOf(removeMember), (one) => ({ removeMember: one }));
  if (isText(deleteGroup)) return { deleteGroup };
  const { subjectId, roles } = fieldsOf(setRoles);
  if (isText(subjectId)) return { setRoles: { subjectId, roles: listed<Role>(roles, everyRole) } };
  return undefined;
}

function made<Input>(input: Input | undefined, change: (input: Input) => AccessChange): AccessChange | undefined {
  return input === undefined ? undefined : change(input);
}

function permissionOf(value: unknown): PermissionInput | undefined {
  const { subjectId, target, access } = fieldsOf(value);
  const { secret, tag } = fieldsOf(target);
  const label = tagInput(tag);
  if (!isText(subjectId) || (label === undefined && !isText(secret))) return undefined;
  return {
    subjectId,
    target: label === undefined ? { secret: String(secret) } : { tag: label },
    access: listed<Access>(access, everyAccess),
  };
}

function tagInput(value: unknown): { key: string; value: string } | undefined {
  const { key, value: text } = fieldsOf(value);
  if (!isText(key) || !isText(text) || tagProblem(`${key}:${text}`) !== undefined) return undefined;
  return tagOf(`${key}:${text}`);
}

function tagsOf(value: unknown): { name: string; tags: { key: string; value: string }[] } | undefined {
  const { name, tags } = fieldsOf(value);
  const found = Array.isArray(tags) ? tags.flatMap((tag) => tagInput(tag) ?? []) : [];
  return isText(name) && found.length > 0 ? { name, tags: found } : undefined;
}

function membershipOf(value: unknown): { groupId: string; principalId: string } | undefined {
  const { groupId, principalId } = fieldsOf(value);
  return isText(groupId) && isText(principalId) ? { groupId, principalId } : undefined;
}
