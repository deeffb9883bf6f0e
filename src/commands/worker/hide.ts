// Hides what the worker itself put into a call. (The gateway masks after that, with all it knows.)

import { isJsonObject, isRawNumber, type Json } from '../../json.ts';
import { MASK } from '../../sensitive.ts';

/** Shorter ones stand in every text. */
const LEAST = 4;

/** `json` with `***` in place of `values`, and of the texts and longer numbers in them, wherever they stand in a text. */
export function hide<T extends Json>(json: T, values: readonly Json[]): T {
  const leaves = [...new Set(values.flatMap(leavesOf))].filter((text) => text !== '');
  const whole = new Set(leaves);
  const forms = [...new Set(leaves.filter((text) => text.length >= LEAST).flatMap(formsOf))].sort(
    (a, b) => b.length - a.length,
  );
  const text = (given: string): string =>
    whole.has(given) ? MASK : forms.reduce((shown, form) => shown.replaceAll(form, MASK), given);
  const walk = (at: Json): Json => {
    if (typeof at === 'string') return text(at);
    if (typeof at === 'number') return String(at).length >= LEAST && whole.has(String(at)) ? MASK : at;
    if (isRawNumber(at)) return whole.has(at.rawJSON) ? MASK : at;
    if (Array.isArray(at)) return at.map(walk);
    if (isJsonObject(at))
      return Object.fromEntries(Object.entries(at).map(([name, value]) => [text(name), walk(value)]));
    return at;
  };
  return walk(json) as T;
}

function leavesOf(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return String(value).length >= LEAST ? [String(value)] : [];
  if (isRawNumber(value)) return [value.rawJSON];
  if (Array.isArray(value)) return value.flatMap(leavesOf);
  return isJsonObject(value) ? Object.values(value).flatMap(leavesOf) : [];
}

function formsOf(text: string): string[] {
  const base64 = Buffer.from(text).toString('base64');
  return [
    text,
    encodeURIComponent(text),
    encodeURIComponent(text).replaceAll('%20', '+'),
    JSON.stringify(text).slice(1, -1),
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(text).toString('base64url'),
  ].filter((form) => form.length >= LEAST);
}
