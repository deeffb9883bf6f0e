// Encodes paths of requests to the Conductor server, and parses JSON of the responses.
import { type Json, parseJson } from '../primitives/json.ts';

/** Encodes a path segment. A dot segment is encoded too, because it would change the path. */
export const segment = (text: string) =>
  encodeURIComponent(text.toWellFormed()).replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E'));

/** Returns the parsed JSON of a response. Returns undefined if the response is not JSON. */
export function jsonOf(body: Buffer): Json | undefined {
  try {
    return parseJson(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
