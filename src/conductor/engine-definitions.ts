// Reads workflow definitions, task definitions and executions from the Conductor server. The requests use the identity of the gateway, not of a caller.
import { Semaphore } from 'async-mutex';
import { HttpError } from '../http/exchange.ts';
import type { Upstream } from '../http/upstream.ts';
import { isDeeperThan, isJsonObject, type JsonObject } from '../primitives/json.ts';
import { jsonOf, segment } from './engine-json.ts';
import { type DefinitionsAt, Denied, isDenial, Unreachable } from './task.ts';

/** Maximum number of bytes of a response that contains a workflow definition or a task definition. */
const LONGEST_DEFINITION = 8 * 1_048_576;
/** Maximum number of bytes of a response that contains an execution with its input, output and variables. */
const LONGEST_EXECUTION = 64 * 1_048_576;
/** Maximum number of complete executions that the gateway keeps in memory at the same time. */
const MOST_EXECUTIONS = 4;
/**
 * Maximum number of nested JSON levels in a workflow definition or a task definition. JSON with more levels could overflow the stack of recursive
 * functions.
 */
const MOST_LEVELS = 90;

export function engineDefinitions(upstream: Pick<Upstream, 'get'>): DefinitionsAt {
  async function read<T>(path: string, limitBytes: number, pick: (json: JsonObject) => T): Promise<T | undefined> {
    const { status, body } = await upstream.get(`/api${path}`, limitBytes).catch((error: unknown) => {
      if (error instanceof HttpError) throw new Unreachable(error.message);
      throw error;
    });
    if (status === 404) return undefined;
    if (isDenial(status)) throw new Denied(status);
    const json = status === 200 ? jsonOf(body) : undefined;
    if (!isJsonObject(json)) throw new Unreachable(`HTTP ${status}`);
    return pick(json);
  }

  async function shallow(
    path: string,
    limitBytes = LONGEST_DEFINITION,
    pick = (json: JsonObject) => json,
  ): Promise<JsonObject | undefined> {
    const json = await read(path, limitBytes, pick);
    if (json !== undefined && isDeeperThan(json, MOST_LEVELS)) throw new Unreachable('too many levels');
    return json;
  }

  const executions = new Semaphore(MOST_EXECUTIONS);
  return {
    // The gateway discards all other fields of the execution, because the nesting and the size of the input have no limit.
    execution: (id) =>
      shallow(
        `/workflow/${segment(id)}?includeTasks=false`,
        LONGEST_EXECUTION,
        ({ workflowDefinition = null, parentWorkflowId = null }) => ({ workflowDefinition, parentWorkflowId }),
      ),
    workflow: (name, version) => shallow(`/metadata/workflow/${segment(name)}?version=${version}`),
    task: (name) => shallow(`/metadata/taskdefs/${segment(name)}`),
    fromExecution: (id, pick) =>
      executions.runExclusive(() => read(`/workflow/${segment(id)}?includeTasks=true`, LONGEST_EXECUTION, pick)),
    scheduledTask: (id) =>
      shallow(`/tasks/${segment(id)}`, LONGEST_EXECUTION, ({ workflowInstanceId = null }) => ({ workflowInstanceId })),
  };
}
