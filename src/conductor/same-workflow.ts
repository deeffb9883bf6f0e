// Compares the workflow definition of an execution with the registered workflow definition. Both definitions must run the same tasks with the same
// data.
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { definitionOf } from './definition.ts';

/** The fields of a workflow definition that affect the data or the order of tasks. The function compares the field `tasks` separately. */
const COMPARED_MEMBERS = [
  ...['inputTemplate', 'inputParameters', 'inputSchema', 'enforceSchema'],
  ...['variables', 'outputParameters', 'failureWorkflow', 'schemaVersion'],
];

/** Returns the registered task definition with the name `name`. */
export type TaskDefinitions = (name: Json | undefined) => Json | undefined;

/**
 * Returns the first position at which `started` differs from `registered`. Returns undefined if both definitions agree. Engines change the workflow
 * definition of an execution in four ways. The function does not treat these four changes as differences. The changes were observed with
 * conductor-oss 3.32.3. When a workflow starts, engines add `taskDefinition`, whose input defaults are compared, and a missing version of a
 * sub-workflow. When engines schedule a task, they set the name of a DYNAMIC task, and input parameters of HTTP and EVENT tasks.
 */
export function differenceOf(
  started: JsonObject,
  registered: JsonObject,
  taskDefinitions: TaskDefinitions,
): string | undefined {
  const member = COMPARED_MEMBERS.find(
    (name) => !isDeepStrictEqual(emptyAsUndefined(started[name]), emptyAsUndefined(registered[name])),
  );
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
    // The function `sameInput` compares these two fields.
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
    // The function does not compare the name of a DYNAMIC task, because engines replace this name by the name that data chose.
    if (registered.type === 'DYNAMIC') names.delete('name');
    const isMember = (name: string) => (memberOf(members, name) ?? sameJson)(started[name], registered[name]);
    return [...names].every(isMember) && sameInput(started, asStarted(registered, taskDefinitions));
  }
  return same;
}

/** Returns a copy of the task that includes the additions of an engine at the start of a workflow. */
export function asStarted(registered: JsonObject, taskDefinitions: TaskDefinitions): JsonObject {
  if (isJsonObject(registered.taskDefinition)) return registered;
  return { ...registered, taskDefinition: taskDefinitions(registered.name) ?? null };
}

/** Compares the input of two tasks, including the defaults. */
function sameInput(started: JsonObject, registered: JsonObject): boolean {
  return [registered, asScheduled(registered)].some(
    (other) =>
      sameJson(started.inputParameters, other.inputParameters) && sameJson(definitionOf(started), definitionOf(other)),
  );
}

/** Returns a copy of the task that includes the changes of an engine during the scheduling of the task. */
export function asScheduled(task: JsonObject): JsonObject {
  const { type, inputParameters, asyncComplete, sink } = task;
  if ((type !== 'HTTP' && type !== 'EVENT') || !isJsonObject(inputParameters)) return task;
  const set: JsonObject = { asyncComplete: asyncComplete === true, ...(type === 'EVENT' && { sink: sink ?? null }) };
  return { ...task, inputParameters: { ...inputParameters, ...set } };
}

function sameSubWorkflow(started: Json | undefined, registered: Json | undefined): boolean {
  if (!isJsonObject(started) || !isJsonObject(registered)) return sameJson(started, registered);
  // INVARIANT: if the registered definition names a version of the sub-workflow, the execution must use this version. If the registered definition
  // names no version, the execution may use any version.
  const version = registered.version ?? started.version ?? null;
  return isDeepStrictEqual({ ...started, version: started.version ?? null }, { ...registered, version });
}

/** Returns a function that compares two arrays or two objects item by item. The function treats a missing array or object as empty. */
function each(same: Same): Same {
  return (started, registered) => {
    const others = new Map(entriesOf(registered));
    const own = entriesOf(started);
    return own.length === others.size && own.every(([name, item]) => others.has(name) && same(item, others.get(name)));
  };
}

const sameJson: Same = (started, registered) =>
  isDeepStrictEqual(emptyAsUndefined(started), emptyAsUndefined(registered));

const entriesOf = (json: Json | undefined): [string, Json][] =>
  Array.isArray(json) || isJsonObject(json) ? Object.entries(json) : [];

const memberOf = (members: Record<string, Same>, name: string) =>
  Object.hasOwn(members, name) ? members[name] : undefined;

const nameOf = (task: Json | undefined) =>
  isJsonObject(task) && typeof task.taskReferenceName === 'string' ? task.taskReferenceName : undefined;

/**
 * Converts null and empty arrays and objects to undefined, because servers represent a field without a value in different ways: by null, by an empty
 * array or object, or by no field.
 */
function emptyAsUndefined(json: Json | undefined): Json | undefined {
  if (json === null || json === undefined) return undefined;
  return typeof json === 'object' && Object.keys(json).length === 0 ? undefined : json;
}
