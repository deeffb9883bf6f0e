import { type Json, type JsonObject, setMember } from '../primitives/json.ts';

/**
 * Replaces the items of a list, or the values and the names of the fields of an object. If two fields get the same name, the later field gets the
 * suffix `#2`, `#3` and so on. The result is the argument itself if nothing changes.
 */
export function mapChildren(
  json: Json[] | JsonObject,
  child: (value: Json, key: string | number) => Json,
  nameOf: (name: string) => string = (name) => name,
): Json[] | JsonObject {
  if (Array.isArray(json)) {
    let items: Json[] | undefined;
    for (let i = 0; i < json.length; i++) {
      const item = child(json[i] as Json, i);
      if (item !== json[i]) items ??= json.slice(0, i);
      items?.push(item);
    }
    return items ?? json;
  }
  const names = Object.keys(json);
  let members: JsonObject | undefined;
  const taken = new Map<string, number>();
  for (let i = 0; i < names.length; i++) {
    const key = names[i] as string;
    const name = nameOf(key);
    const value = child(json[key] as Json, key);
    if ((value !== json[key] || name !== key) && members === undefined) {
      members = {};
      for (const earlier of names.slice(0, i)) setMember(members, earlier, json[earlier] as Json);
    }
    if (members !== undefined) setMember(members, free(name, members, taken), value);
  }
  return members ?? json;
}

function free(name: string, members: JsonObject, taken: Map<string, number>): string {
  if (!Object.hasOwn(members, name)) return name;
  let number = taken.get(name) ?? 2;
  while (Object.hasOwn(members, `${name}#${number}`)) number++;
  taken.set(name, number + 1);
  return `${name}#${number}`;
}
