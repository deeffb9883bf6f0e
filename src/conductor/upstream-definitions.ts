// Reads workflow definitions and task definitions from the Conductor server behind the gateway, as the gateway itself.
import { HttpError } from '../http/exchange.ts';
import type { Upstream } from '../http/upstream.ts';
import { isDeeperThan, isJsonObject, type JsonObject, parseJson } from '../primitives/json.ts';
import { type DefinitionsAt, Denied, Unreachable } from './task.ts';

/** Maximum number of bytes of one answer. */
const LONGEST_DEFINITION = 8 * 1_048_576;
/** Maximum nesting of a definition. Deeper JSON could overflow the stack of recursive functions. */
const MOST_LEVELS = 90;

export function upstreamDefinitions(upstream: Pick<Upstream, 'get'>): DefinitionsAt {
  async function read(path: string): Promise<JsonObject | undefined> {
    const { status, body } = await upstream.get(`/api${path}`, LONGEST_DEFINITION).catch((error: unknown) => {
      if (error instanceof HttpError) throw new Unreachable(error.message);
      throw error;
    });
    if (status === 404) return undefined;
    if (status >= 400 && status < 500 && ![401, 408, 429].includes(status)) throw new Denied(status);
    const json = status === 200 ? jsonOf(body) : undefined;
    if (json === undefined) throw new Unreachable(`HTTP ${status}`);
    return json;
  }
  return {
    execution: (id) => read(`/workflow/${segment(id)}?includeTasks=false`),
    workflow: (name, version) => read(`/metadata/workflow/${segment(name)}?version=${version}`),
    task: (name) => read(`/metadata/taskdefs/${segment(name)}`),
  };
}

/** Encodes a path segment. A dot segment is encoded too, because it would change the path. */
const segment = (text: string) =>
  encodeURIComponent(text.toWellFormed()).replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E'));

function jsonOf(body: Buffer): JsonObject | undefined {
  try {
    const json = parseJson(body.toString('utf8'));
    return isJsonObject(json) && !isDeeperThan(json, MOST_LEVELS) ? json : undefined;
  } catch {
    return undefined;
  }
}
