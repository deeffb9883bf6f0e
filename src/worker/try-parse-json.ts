import { isDeeperThan, type Json, parseJson } from '../primitives/json.ts';

/**
 * Maximum number of nested levels of JSON. The gateway has the same limit. The worker treats deeper JSON as text, because the worker could not
 * serialize the deeper JSON again.
 */
const MAX_LEVELS = 90;

/** Parses JSON. Returns undefined if `text` is not JSON, or is nested too deeply. */
export function tryParseJson(text: string): Json | undefined {
  try {
    const json = parseJson(text);
    return isDeeperThan(json, MAX_LEVELS) ? undefined : json;
  } catch {
    return undefined;
  }
}
