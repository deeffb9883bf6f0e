import { type Json, parseJson } from '../../json.ts';

/** Undefined if `text` is no JSON. */
export function parsed(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
