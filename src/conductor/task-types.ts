// Decides which tasks can use secrets, and lists the fields that choose who receives the secrets.
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { definitionOf } from './definition.ts';
import type { EngineTask } from './task.ts';

/** A field of a task's input that chooses the receiver of the task's secrets, or how the engine uses the secrets. */
export interface ReceiverField {
  /** The path of the field in the task's input. */
  path: readonly string[];
  /**
   * The kind of value that the field must contain:
   *
   * - `address`: the address of a server, which satisfies THE RULE in address.ts.
   * - `name`: a string without expressions for data.
   * - `program`: the same as `name`, but the field can be missing. The result of a program can contain a secret in a form that no mask recognizes.
   * - `constant`: a string without any expression. The field can be missing.
   */
  content: 'address' | 'name' | 'program' | 'constant';
}

const field = (content: ReceiverField['content'], ...path: string[]): ReceiverField => ({ path, content });
const AGENT_FIELDS = [field('address', 'agentUrl'), field('constant', 'agentType')];

/**
 * The types of tasks that the engine itself runs and that can use secrets, with their receiver fields. The lists in this file describe conductor-oss
 * 3.32.3.
 *
 * INVARIANT: a type is in this list only if the list contains every field that chooses a receiver of the secrets.
 */
const ENGINE_TYPES_WITH_SECRETS: ReadonlyMap<string, readonly ReceiverField[]> = new Map([
  ['HTTP', [field('address', 'http_request', 'uri')]],
  ['KAFKA_PUBLISH', [field('name', 'kafka_request', 'bootStrapServers'), field('name', 'kafka_request', 'topic')]],
  ['EVENT', [field('name', 'sink')]],
  ['LIST_MCP_TOOLS', [field('address', 'mcpServer')]],
  ['CALL_MCP_TOOL', [field('address', 'mcpServer')]],
  ['GET_AGENT_CARD', AGENT_FIELDS],
  ['AGENT', AGENT_FIELDS],
  ['CANCEL_AGENT', AGENT_FIELDS],
  ['INLINE', [field('program', 'expression'), field('constant', 'evaluatorType')]],
  ['LAMBDA', [field('program', 'scriptExpression')]],
  ['JSON_JQ_TRANSFORM', [field('program', 'queryExpression')]],
]);

/** The other types of tasks that the engine itself runs. These tasks cannot use secrets. */
const OTHER_ENGINE_TYPES: ReadonlySet<string> = new Set([
  // The engine stores or forwards the input of these tasks, or evaluates the input before the tasks run.
  ...['SUB_WORKFLOW', 'START_WORKFLOW', 'SET_VARIABLE', 'TERMINATE', 'SWITCH', 'DECISION', 'DO_WHILE'],
  ...['FORK', 'FORK_JOIN', 'FORK_JOIN_DYNAMIC', 'JOIN', 'EXCLUSIVE_JOIN'],
  // The engine reads the input of these tasks before the engine runs a task, or never runs the task. The engine would therefore never replace a
  // reference in these tasks.
  ...['WAIT', 'HUMAN', 'NOOP', 'PULL_WORKFLOW_MESSAGES'],
  // The gateway does not know who receives the input of these tasks.
  ...['LLM_TEXT_COMPLETE', 'LLM_CHAT_COMPLETE', 'LLM_GENERATE_EMBEDDINGS', 'LLM_INDEX_TEXT', 'LLM_STORE_EMBEDDINGS'],
  ...['LLM_SEARCH_EMBEDDINGS', 'LLM_GET_EMBEDDINGS', 'LLM_SEARCH_INDEX', 'JDBC', 'HELLO'],
  ...['GENERATE_IMAGE', 'GENERATE_AUDIO', 'GENERATE_VIDEO', 'GENERATE_PDF'],
  ...['LIST_API_TOOLS', 'PLAN_AND_COMPILE', 'PLANNER_CONTEXT_FETCH'],
]);

/** The types of tasks that send HTTP requests. */
export const HTTP_TYPES: ReadonlySet<string> = new Set(['HTTP', 'HTTP_WITH_SECRETS']);
/** The types of tasks that call agents. */
export const AGENT_TYPES: ReadonlySet<string> = new Set(['GET_AGENT_CARD', 'AGENT', 'CANCEL_AGENT']);
/** The types of all tasks that the engine itself runs. */
export const ENGINE_TYPES: readonly string[] = [...ENGINE_TYPES_WITH_SECRETS.keys(), ...OTHER_ENGINE_TYPES];

/** Whether the engine itself runs tasks of this type, so that no worker polls the tasks. */
export const isEngineType = (type: string): boolean =>
  ENGINE_TYPES_WITH_SECRETS.has(type) || OTHER_ENGINE_TYPES.has(type);

/** The program that runs a task: the engine itself, or a worker that polls the task. */
export type Runner = 'engine' | 'worker';

/** The type of a task in a workflow definition. A SIMPLE task has the type of its name, because a worker polls the task by its name. */
export function typeOf({ type, name }: JsonObject): string {
  return String((type ?? 'SIMPLE') === 'SIMPLE' ? name : type);
}

/** The receiver fields of tasks of this type. Empty for the type of a task that a worker runs, because each worker chooses its receivers itself. */
export function receiverFields(type: string): readonly ReceiverField[] {
  return ENGINE_TYPES_WITH_SECRETS.get(type === 'HTTP_WITH_SECRETS' ? 'HTTP' : type) ?? [];
}

/**
 * Whether a task of this type can use the secrets in the `inputTemplate` of its task definition. The author of a workflow definition chooses the type
 * of a task, and names any task definition.
 *
 * INVARIANT: the secrets of a task definition go to workers that run tasks of the type, or to the server that the `inputTemplate` names. The author of
 * a workflow definition cannot choose another program or server for these secrets.
 */
export const canUseTemplateSecrets = (type: string): boolean => type === 'HTTP' || !isEngineType(type);

/** Whether tasks with this definition can use secrets. If this file does not list the type, a worker runs the task. */
export function canUseSecrets(workflowTask: JsonObject): boolean {
  const type = typeOf(workflowTask);
  if (!ENGINE_TYPES_WITH_SECRETS.has(type)) return !isEngineType(type);
  return !isStored(type, workflowTask, undefined);
}

/** Whether the scheduled task can use secrets. */
export function taskCanUseSecrets({ taskType, workflowTask, inputData }: EngineTask, runner: Runner): boolean {
  const definition = isJsonObject(workflowTask) ? workflowTask : {};
  const type = typeOf(definition);
  if (isEngineType(type) && !ENGINE_TYPES_WITH_SECRETS.has(type)) return false;
  if (runner === 'worker' && !isEngineType(taskType)) return true;
  // INVARIANT: the engine runs a task with secrets only if the gateway knows the receiver fields of the type, and data did not choose the type.
  if (!ENGINE_TYPES_WITH_SECRETS.has(taskType) || type === 'DYNAMIC') return false;
  return !isStored(taskType, definition, inputData);
}

/** Whether the engine stores the input of the task: as an event of the engine's own, or as the input of the engine's own agent. */
function isStored(type: string, workflowTask: JsonObject, inputData: Json | undefined): boolean {
  const definition = definitionOf(workflowTask) ?? {};
  const data = isJsonObject(inputData) ? inputData : {};
  if (type === 'EVENT') return [workflowTask.sink, definition.sink, data.sink].some(isStoredSink);
  return AGENT_TYPES.has(type) && isEngineAgent(definition.agentType);
}

const isStoredSink = (sink: Json | undefined) => typeof sink === 'string' && /^conductor(?::|$)/.test(sink);

/**
 * Whether the engine itself runs the agent. The engine runs the agent if the field names a protocol other than Agent2Agent. The field cannot contain
 * expressions.
 */
const isEngineAgent = (type: Json | undefined) =>
  typeof type === 'string' && !/^(?:\s*|a2a)$/i.test(type) && !type.includes('${');
