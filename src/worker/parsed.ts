import { isDeeperThan, type Json, parseJson } from '../primitives/json.ts';

/** What the gateway takes: deeper JSON is a text like any other, or it could not even be written down again. */
const MOST_LEVELS = 90;

/** Undefined if `text` is no JSON, or nested too deeply. */
export function parsed(text: string): Json | undefined {
  try {
    const json = parseJson(text);
    return isDeeperThan(json, MOST_LEVELS) ? undefined : json;
  } catch {
    return undefined;
  }
}
