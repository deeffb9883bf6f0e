// How requests and answers are shown: as they were sent, except for what nobody should see in a terminal's history.
import { MASK } from '../../sensitive.ts';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Under these names stand passwords, tokens, the secret halves of keys and values. An object under one (`secret { … }`) is none. */
const HIDDEN = new Set(['password', 'token', 'keySecret', 'secret', 'value']);
/** What is shown where a value is what the step is about. */
const REVEALED = new Set(['value']);

/** `json` with `***` for every text under a name that hides. With `revealing`, values stay. The value of a tag (`key`, `value`) hides nothing. */
export function masked(json: Json, revealing = false, within = ''): Json {
  if (Array.isArray(json)) return json.map((item) => masked(item, revealing));
  if (json === null || typeof json !== 'object') return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      const shows = REVEALED.has(name) && (revealing || Object.hasOwn(json, 'key'));
      // What a grant is on: a secret's name.
      const hides = HIDDEN.has(name) && !shows && !(within === 'target' && name === 'secret');
      return [name, hides && typeof value === 'string' ? MASK : masked(value, revealing, name)];
    }),
  );
}

/** JSON with whatever fits into `width` on one line. */
export function compact(json: Json, width: number, indent = ''): string {
  const flat = oneLine(json);
  if (json === null || typeof json !== 'object' || indent.length + flat.length <= width) return flat;
  const inner = `${indent}  `;
  const items = Array.isArray(json)
    ? json.map((item) => inner + compact(item, width, inner))
    : Object.entries(json).map(([name, value]) => {
        const label = `${inner}${JSON.stringify(name)}: `;
        return label + compact(value, width - label.length + inner.length, inner);
      });
  const [open, close] = Array.isArray(json) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${items.join(',\n')}\n${indent}${close}`;
}

function oneLine(json: Json): string {
  if (Array.isArray(json)) return json.length === 0 ? '[]' : `[${json.map(oneLine).join(', ')}]`;
  if (json === null || typeof json !== 'object') return JSON.stringify(json);
  const fields = Object.entries(json).map(([name, value]) => `${JSON.stringify(name)}: ${oneLine(value)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** A template's text without the indentation that all its lines share, and without its first and last line break. */
export function dedent(text: string): string {
  const lines = text.replace(/^\n/, '').trimEnd().split('\n');
  const least = Math.min(
    ...lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length),
  );
  return lines.map((line) => line.slice(least)).join('\n');
}
