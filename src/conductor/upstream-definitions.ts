// Reads workflow definitions and task definitions from the Conductor server behind the gateway, as the gateway itself.
import { HttpError } from '../http/exchange.ts';
import type { Upstream } from '../http/upstream.ts';
import { isDeeperThan, isJsonObject, type JsonObject, parseJson } from '../primitives/json.ts';
import { type DefinitionsAt, Denied, Unreachable } from './task.ts';

/** Maximum number of bytes of an answer with a definition. */
const LONGEST_DEFINITION = 8 * 1_048_576;
/** Maximum number of bytes of an answer with an execution, which also contains input, output and variables. */
const LONGEST_EXECUTION = 64 * 1_048_576;
/** Maximum nesting of a definition. Deeper JSON could overflow the stack of recursive functions. */
const MOST_LEVELS = 90;

export function upstreamDefinitions(upstream: Pick<Upstream, 'get'>): DefinitionsAt {
  async function read(
    path: string,
    limitBytes = LONGEST_DEFINITION,
    pick = (json: JsonObject) => json,
  ): Promise<JsonObject | undefined> {
    const { status, body } = await upstream.get(`/api${path}`, limitBytes).catch((error: unknown) => {
      if (error instanceof HttpError) throw new Unreachable(error.message);
      throw error;
    });
    if (status === 404) return undefined;
    if (status >= 400 && status < 500 && ![401, 408, 429].includes(status)) throw new Denied(status);
    const json = status === 200 ? jsonOf(body, pick) : undefined;
    if (json === undefined) throw new Unreachable(`HTTP ${status}`);
    return json;
  }
  return {
    // Only the workflow definition is kept, because the input can have any nesting and any size.
    execution: (id) =>
      read(`/workflow/${segment(id)}?includeTasks=false`, LONGEST_EXECUTION, ({ workflowDefinition = null }) => ({
        workflowDefinition,
      })),
    workflow: (name, version) => read(`/metadata/workflow/${segment(name)}?version=${version}`),
    task: (name) => read(`/metadata/taskdefs/${segment(name)}`),
    scheduledTask: (id) =>
      read(`/tasks/${segment(id)}`, LONGEST_EXECUTION, ({ workflowInstanceId = null }) => ({ workflowInstanceId })),
  };
}

/** Encodes a path segment. A dot segment is encoded too, because it would change the path. */
const segment = (text: string) =>
  encodeURIComponent(text.toWellFormed()).replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E'));

function jsonOf(body: Buffer, pick: (json: JsonObject) => JsonObject): JsonObject | undefined {
  try {
    const json = parseJson(body.toString('utf8'));
    const picked = isJsonObject(json) ? pick(json) : undefined;
    return picked !== undefined && !isDeeperThan(picked, MOST_LEVELS) ? picked : undefined;
  } catch {
    return undefined;
  }
}
