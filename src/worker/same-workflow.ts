// Compares the definition that an execution was started with to the registered one: whether the same tasks run on the same data.
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { definitionOf } from './definition.ts';

/** Members of a workflow definition, next to its tasks, on which data or the order of tasks depends. */
const MEMBERS = [
  ...['inputTemplate', 'inputParameters', 'inputSchema', 'enforceSchema'],
  ...['variables', 'outputParameters', 'failureWorkflow', 'schemaVersion'],
];

/** Finds the registered definition of a task by its name. */
export type TaskDefinitions = (name: Json | undefined) => Json | undefined;

/**
 * The first place in which `started` differs from `registered`, for the reason of a refusal; undefined if they agree. Engines change
 * the definition of an execution in four ways, read from conductor-oss 3.32.3: when a workflow starts they add `taskDefinition`, whose
 * defaults for the input are compared, and the version of a sub-workflow without one; when they schedule a task they set the name of a
 * DYNAMIC task, and input parameters of HTTP and EVENT tasks.
 */
export function differenceOf(
  started: JsonObject,
  registered: JsonObject,
  taskDefinitions: TaskDefinitions,
): string | undefined {
  const member = MEMBERS.find((name) => !isDeepStrictEqual(filled(started[name]), filled(registered[name])));
  if (member !== undefined) return member;
  const same = sameTask(taskDefinitions);
  const [own, others] = [entriesOf(started.tasks), entriesOf(registered.tasks)];
  for (let i = 0; i < Math.max(own.length, others.length); i++) {
    const [one, other] = [own[i]?.[1], others[i]?.[1]];
    if (!same(one, other)) return `tasks: ${nameOf(other) ?? nameOf(one) ?? i}`;
  }
  return undefined;
}

type Same = (started: Json | undefined, registered: Json | undefined) => boolean;

function sameTask(taskDefinitions: TaskDefinitions): Same {
  const members: Record<string, Same> = {
    // See sameInput.
    taskDefinition: () => true,
    inputParameters: () => true,
    subWorkflowParam: sameSubWorkflow,
    decisionCases: each(each(same)),
    defaultCase: each(same),
    forkTasks: each(each(same)),
    loopOver: each(same),
  };

  function same(started: Json | undefined, registered: Json | undefined): boolean {
    if (!isJsonObject(started) || !isJsonObject(registered)) return false;
    const names = new Set([...Object.keys(started), ...Object.keys(registered)]);
    // Engines put the name that data chose in place of the name of a DYNAMIC task.
    if (registered.type === 'DYNAMIC') names.delete('name');
    const isMember = (name: string) => (memberOf(members, name) ?? sameJson)(started[name], registered[name]);
    return [...names].every(isMember) && sameInput(started, completed(registered, taskDefinitions));
  }
  return same;
}

/** As engines complete a task when a workflow starts. */
export function completed(registered: JsonObject, taskDefinitions: TaskDefinitions): JsonObject {
  if (isJsonObject(registered.taskDefinition)) return registered;
  return { ...registered, taskDefinition: taskDefinitions(registered.name) ?? null };
}

/** Compares the input that two tasks define, with its defaults. */
function sameInput(started: JsonObject, registered: JsonObject): boolean {
  return [registered, scheduled(registered)].some(
    (other) =>
      sameJson(started.inputParameters, other.inputParameters) && sameJson(definitionOf(started), definitionOf(other)),
  );
}

/** What engines make of a task when they schedule it. */
function scheduled(task: JsonObject): JsonObject {
  const { type, inputParameters, asyncComplete, sink } = task;
  if ((type !== 'HTTP' && type !== 'EVENT') || !isJsonObject(inputParameters)) return task;
  const set: JsonObject = { asyncComplete: asyncComplete === true, ...(type === 'EVENT' && { sink: sink ?? null }) };
  return { ...task, inputParameters: { ...inputParameters, ...set } };
}

function sameSubWorkflow(started: Json | undefined, registered: Json | undefined): boolean {
  if (!isJsonObject(started) || !isJsonObject(registered)) return sameJson(started, registered);
  // INVARIANT: only where the registered definition names no version may the execution have any.
  const version = registered.version ?? started.version ?? null;
  return isDeepStrictEqual({ ...started, version: started.version ?? null }, { ...registered, version });
}

/** Compares lists, and objects, item by item. One that is missing is an empty one. */
function each(same: Same): Same {
  return (started, registered) => {
    const others = new Map(entriesOf(registered));
    const own = entriesOf(started);
    return own.length === others.size && own.every(([name, item]) => others.has(name) && same(item, others.get(name)));
  };
}

const sameJson: Same = (started, registered) => isDeepStrictEqual(filled(started), filled(registered));

const entriesOf = (json: Json | undefined): [string, Json][] =>
  Array.isArray(json) || isJsonObject(json) ? Object.entries(json) : [];

const memberOf = (members: Record<string, Same>, name: string) =>
  Object.hasOwn(members, name) ? members[name] : undefined;

const nameOf = (task: Json | undefined) =>
  isJsonObject(task) && typeof task.taskReferenceName === 'string' ? task.taskReferenceName : undefined;

/** Servers write members that have no value as null, as an empty list or object, or not at all. */
function filled(json: Json | undefined): Json | undefined {
  if (json === null || json === undefined) return undefined;
  return typeof json === 'object' && Object.keys(json).length === 0 ? undefined : json;
}
