// Decides which types of tasks can use secrets.
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import type { EngineTask } from './task.ts';

/** Types of tasks whose input the engine stores or hands on before the gateway could hide a value, or which the engine evaluates early. */
const UNSUPPORTED_TYPES: ReadonlySet<string> = new Set([
  ...['SUB_WORKFLOW', 'START_WORKFLOW', 'SET_VARIABLE', 'TERMINATE', 'SWITCH', 'DECISION', 'DO_WHILE'],
  ...['FORK', 'FORK_JOIN', 'FORK_JOIN_DYNAMIC', 'JOIN', 'EXCLUSIVE_JOIN'],
]);
/** Types of tasks that the engine itself runs. Data must not choose that the engine runs a task with secrets. */
const ENGINE_TYPES: ReadonlySet<string> = new Set([
  ...['HTTP', 'INLINE', 'LAMBDA', 'JSON_JQ_TRANSFORM', 'KAFKA_PUBLISH', 'EVENT', 'WAIT', 'HUMAN', 'NOOP'],
  ...UNSUPPORTED_TYPES,
]);
/** The types of tasks that send HTTP requests. */
export const HTTP_TYPES: ReadonlySet<string> = new Set(['HTTP', 'HTTP_WITH_SECRETS']);

/** The type of a task in a workflow definition. A SIMPLE task has the type of its name, because a worker polls the task by its name. */
export function typeOf({ type, name }: JsonObject): string {
  return String((type ?? 'SIMPLE') === 'SIMPLE' ? name : type);
}

/** Whether tasks with this definition can use secrets. */
export function canUseSecrets(workflowTask: JsonObject): boolean {
  const { sink, inputParameters } = workflowTask;
  return !isUnsupported(typeOf(workflowTask), sink, isJsonObject(inputParameters) ? inputParameters.sink : undefined);
}

/** Whether the scheduled task can use secrets. */
export function taskCanUseSecrets({ taskType, workflowTask, inputData }: EngineTask): boolean {
  const { type, sink } = isJsonObject(workflowTask) ? workflowTask : {};
  if (UNSUPPORTED_TYPES.has(String(type)) || (type === 'DYNAMIC' && ENGINE_TYPES.has(taskType))) return false;
  return !isUnsupported(taskType, sink, isJsonObject(inputData) ? inputData.sink : undefined);
}

function isUnsupported(type: string, ...sinks: (Json | undefined)[]): boolean {
  return UNSUPPORTED_TYPES.has(type) || (type === 'EVENT' && sinks.some(isStoredSink));
}

/** Whether the engine publishes the input of an EVENT task as an event that the engine stores. */
const isStoredSink = (sink: Json | undefined) => typeof sink === 'string' && /^conductor(?::|$)/.test(sink);
