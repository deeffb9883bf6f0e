// Formats GraphQL requests and answers. The demo masks passwords, tokens and secret values, because terminals store their output.
import { MASK } from '../../sensitive.ts';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/**
 * Names of JSON fields that contain passwords, tokens, secret halves of access keys or secret values. A field with one of these names is not masked
 * if its value is an object, as in `secret { … }`.
 */
const HIDDEN_NAMES = new Set(['password', 'token', 'keySecret', 'secret', 'value']);
/** Names of JSON fields that the demo does not mask in a step that reveals a secret value. */
const REVEALED_NAMES = new Set(['value']);

/**
 * Masks every string whose JSON field name is in `HIDDEN_NAMES`. If `revealing` is true, the function does not mask secret values. The function never
 * masks the field `value` of a tag (`key`, `value`).
 */
export function masked(json: Json, revealing = false, within = ''): Json {
  if (Array.isArray(json)) return json.map((item) => masked(item, revealing));
  if (json === null || typeof json !== 'object') return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      const shows = REVEALED_NAMES.has(name) && (revealing || Object.hasOwn(json, 'key'));
      // In the target of a grant, the field `secret` contains the name of a secret. The function therefore does not mask this field.
      const hides = HIDDEN_NAMES.has(name) && !shows && !(within === 'target' && name === 'secret');
      return [name, hides && typeof value === 'string' ? MASK : masked(value, revealing, name)];
    }),
  );
}

/** Formats JSON. Each object or array that fits into `width` is on one line. */
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

/** Removes the common indentation of all lines, and the first and the last line break. */
export function dedent(text: string): string {
  const lines = text.replace(/^\n/, '').trimEnd().split('\n');
  const least = Math.min(
    ...lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length),
  );
  return lines.map((line) => line.slice(least)).join('\n');
}
