// Reads workflow definitions, task definitions and executions from the Conductor server behind the gateway, as the gateway itself.
import { HttpError } from '../http/exchange.ts';
import type { Upstream } from '../http/upstream.ts';
import { isDeeperThan, isJsonObject, type JsonObject } from '../primitives/json.ts';
import { jsonOf, segment } from './engine-json.ts';
import { type DefinitionsAt, Denied, isDenial, Unreachable } from './task.ts';

/** Maximum number of bytes of an answer with a definition. */
const LONGEST_DEFINITION = 8 * 1_048_576;
/** Maximum number of bytes of an answer with an execution, which also contains input, output and variables. */
const LONGEST_EXECUTION = 64 * 1_048_576;
/** Maximum nesting of a definition. Deeper JSON could overflow the stack of recursive functions. */
const MOST_LEVELS = 90;

export function engineDefinitions(upstream: Pick<Upstream, 'get'>): DefinitionsAt {
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
    if (isDenial(status)) throw new Denied(status);
    const json = status === 200 ? picked(body, pick) : undefined;
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

function picked(body: Buffer, pick: (json: JsonObject) => JsonObject): JsonObject | undefined {
  const json = jsonOf(body);
  const found = isJsonObject(json) ? pick(json) : undefined;
  return found !== undefined && !isDeeperThan(found, MOST_LEVELS) ? found : undefined;
}
