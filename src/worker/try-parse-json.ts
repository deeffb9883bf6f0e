import { isDeeperThan, type Json, parseJson } from '../primitives/json.ts';

/** Maximum depth of JSON, as in the gateway. Deeper JSON is treated as text, because it could not be serialized again. */
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
