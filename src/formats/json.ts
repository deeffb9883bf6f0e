// A JSON object whose members are secrets. A member that is an object, a list, a number or a boolean becomes a secret with the JSON text as its value.
import { type Collector, collector, withoutMark } from './collect.ts';
import type { Format, NamedValue } from './format.ts';
import { jsonItems, parsedJson } from './json-members.ts';

export const json: Format = {
  parse(source) {
    const found = collector();
    for (const { name, source: value, line } of jsonItems(withoutMark(source), '{', found))
      addJson(found, name, value, line);
    return found.parsed();
  },
  print: (secrets) => ({ text: jsonObject(secrets), unprintable: [] }),
};

/** Adds the entry of a JSON value. The value of a string is the string. The value of other JSON is its text in the file. */
export function addJson(found: Collector, name: string, source: string, line: number): void {
  const value = source.startsWith('"') ? parsedJson(source) : source;
  if (value === 'null' && source === 'null') found.problem('NO_VALUE', line, name);
  else if (name === '') found.problem('SYNTAX', line);
  else found.entry(name, value as string, line);
}

/** Returns a JSON object as text. An object of JavaScript would sort numbers first, and would lose a member with the name `__proto__`. */
export function jsonObject(secrets: readonly NamedValue[]): string {
  if (secrets.length === 0) return '{}\n';
  const members = secrets.map(({ name, value }) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{\n${members.join(',\n')}\n}\n`;
}
