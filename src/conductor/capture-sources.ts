// Decides which tasks produce new values. The other tasks only copy data that the engine also stores elsewhere. The gateway does not capture copied
// values.
import { type Path, partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { definitionOf, refersToSecret } from './definition.ts';
import { loopsAround, tasksOf } from './static-task.ts';
import { typeOf } from './task-types.ts';

/** The types of tasks whose output copies their input, the outputs of other tasks, or data of another execution. */
const COPYING_TYPES: ReadonlySet<string> = new Set([
  ...['FORK', 'FORK_JOIN', 'FORK_JOIN_DYNAMIC', 'JOIN', 'EXCLUSIVE_JOIN', 'DO_WHILE', 'SWITCH', 'DECISION'],
  ...['SUB_WORKFLOW', 'START_WORKFLOW', 'SET_VARIABLE', 'TERMINATE', 'EVENT', 'NOOP', 'DYNAMIC'],
  ...['GET_WORKFLOW', 'PULL_WORKFLOW_MESSAGES', 'UPDATE_SECRET'],
]);
/** The types of tasks that compute their output from their input. */
const COMPUTING_TYPES: ReadonlySet<string> = new Set(['INLINE', 'LAMBDA', 'JAVASCRIPT', 'JSON_JQ_TRANSFORM']);

/** A task and the path of a value in the output of the task. */
export interface OutputPlace {
  /** The reference name of the task. */
  task: string;
  path: Path;
}

/**
 * Returns the task that first outputs the value, and the path of the value in the output of the task. The output of a JOIN task contains the outputs
 * of the joined tasks by their reference names, so the function returns the joined task. If the value is a copy, the function returns a string with
 * the reason.
 */
export function sourceOf(definition: JsonObject, { task, path }: OutputPlace): OutputPlace | string {
  const found = tasksOf(definition).find(({ taskReferenceName }) => taskReferenceName === task);
  if (found === undefined) return `the workflow has no task ${task}`;
  const joined = joinedPlace(definition, found, path);
  if (joined !== undefined) return sourceOf(definition, joined);
  const type = typeOf(found);
  if (COPYING_TYPES.has(type)) return `the ${type} task ${task} copies the value from data that the engine stores`;
  if (COMPUTING_TYPES.has(type) && readsData(definitionOf(found)))
    return `the ${type} task ${task} reads data that the engine stores`;
  return { task, path };
}

function joinedPlace(definition: JsonObject, task: JsonObject, [first, ...rest]: Path): OutputPlace | undefined {
  const { joinOn, taskReferenceName } = task;
  if (typeOf(task) !== 'JOIN' || typeof first !== 'string' || rest.length === 0) return undefined;
  if (!Array.isArray(joinOn) || !joinOn.includes(first)) return undefined;
  // In a loop, the field names in the output of a JOIN task are the reference names of the joined tasks with the suffix `__N`.
  const isInLoop = [first, taskReferenceName].some((name) => loopsAround(definition, String(name)).length > 0);
  return isInLoop ? undefined : { task: first, path: rest };
}

/** Whether the JSON contains an expression that is not a reference to a secret. */
function readsData(json: Json | undefined): boolean {
  if (typeof json === 'string') return partsOf(json).some((part) => typeof part === 'object' && !refersToSecret(part));
  if (Array.isArray(json)) return json.some(readsData);
  return isJsonObject(json) && Object.entries(json).some(([name, item]) => readsData(name) || readsData(item));
}
