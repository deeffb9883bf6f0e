// Requests to the Conductor server as the gateway itself: paths and JSON.
import { type Json, parseJson } from '../primitives/json.ts';

/** Encodes a path segment. A dot segment is encoded too, because it would change the path. */
export const segment = (text: string) =>
  encodeURIComponent(text.toWellFormed()).replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E'));

/** The JSON of an answer. Undefined if the answer is not JSON. */
export function jsonOf(body: Buffer): Json | undefined {
  try {
    return parseJson(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
