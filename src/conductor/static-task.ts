// Finds the task of a workflow definition that the engine scheduled.
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { InvalidTask, type Task } from './task.ts';

/**
 * Finds the task in `definition` that has the same reference name as the scheduled `task`. In a loop, the function ignores the suffix `__N` of the
 * reference name. Returns undefined if no task has the reference name. @throws InvalidTask if several tasks have the reference name
 */
export function staticTask(definition: JsonObject, { referenceTaskName, workflowTask }: Task): JsonObject | undefined {
  const found = tasksIn(definition.tasks).filter(({ task: { taskReferenceName: name }, inLoop }) => {
    if (name === referenceTaskName) return true;
    return (
      inLoop &&
      typeof name === 'string' &&
      referenceTaskName.startsWith(name) &&
      /^(?:__\d+)+$/.test(referenceTaskName.slice(name.length))
    );
  });
  const handedOut = isJsonObject(workflowTask) ? workflowTask.taskReferenceName : undefined;
  // The reference name `call__1` can name a task `call__1`, or the first iteration of the task `call`.
  const matching = found.length > 1 ? found.filter(({ task }) => task.taskReferenceName === handedOut) : found;
  if (found.length > 0 && matching.length !== 1)
    throw new InvalidTask(
      `Task ${JSON.stringify(referenceTaskName)}: several tasks in the workflow definition have this reference name`,
    );
  return matching[0]?.task;
}

/** Returns a reference name without the suffix `__N` that a loop adds. A loop inside a loop adds two suffixes. */
export const withoutIteration = (referenceName: string): string => referenceName.replace(/(?:__\d+)+$/, '');

/** Whether `name` is the reference name `referenceName`, with or without the suffix `__N` of an iteration. */
export function isNamed(name: Json | undefined, referenceName: string): boolean {
  return typeof name === 'string' && (name === referenceName || withoutIteration(name) === referenceName);
}

/**
 * Returns whether data can add tasks to an execution of the workflow definition `definition`. An added task can be a copy of another task of the
 * workflow.
 */
export function hasDynamicFork(definition: JsonObject): boolean {
  return tasksOf(definition).some(({ type }) => type === 'FORK_JOIN_DYNAMIC');
}

/** Whether the engine adds a registered task definition to the task. Data chooses the task definition of a DYNAMIC task. */
export const inheritsDefinition = ({ type, taskDefinition }: JsonObject): boolean =>
  type !== 'DYNAMIC' && !isJsonObject(taskDefinition);

/** Returns the names of the tasks of `definition` that use a registered task definition. */
export function namesOfTasks(definition: JsonObject): string[] {
  const names = tasksOf(definition).flatMap((task) =>
    typeof task.name === 'string' && inheritsDefinition(task) ? [task.name] : [],
  );
  return [...new Set(names)];
}

/** Returns `definition` with the registered task definition in each task that has none of its own. */
export function withTaskDefinitions(
  definition: JsonObject,
  taskDefinitions: (name: Json | undefined) => Json | undefined,
): JsonObject {
  const complete = (json: Json | undefined): Json => {
    if (Array.isArray(json)) return json.map(complete);
    if (!isJsonObject(json)) return json ?? null;
    const { decisionCases, defaultCase, forkTasks, loopOver, name, taskDefinition } = json;
    const branches = {
      ...(isJsonObject(decisionCases) && {
        decisionCases: Object.fromEntries(Object.entries(decisionCases).map(([key, tasks]) => [key, complete(tasks)])),
      }),
      ...(defaultCase !== undefined && { defaultCase: complete(defaultCase) }),
      ...(forkTasks !== undefined && { forkTasks: complete(forkTasks) }),
      ...(loopOver !== undefined && { loopOver: complete(loopOver) }),
    };
    const used = inheritsDefinition(json) ? taskDefinitions(name) : taskDefinition;
    return { ...json, ...branches, taskDefinition: used ?? null };
  };
  return { ...definition, tasks: complete(definition.tasks) };
}

/** Returns all tasks of a workflow definition, including nested tasks. */
export const tasksOf = (definition: JsonObject): JsonObject[] => tasksIn(definition.tasks).map(({ task }) => task);

/** Returns the reference names of the DO_WHILE tasks around the task with the reference name `name`. */
export function loopsAround(definition: JsonObject, name: string): string[] {
  return tasksOf(definition).flatMap(({ taskReferenceName, loopOver }) =>
    typeof taskReferenceName === 'string' && tasksIn(loopOver).some(({ task }) => task.taskReferenceName === name)
      ? [taskReferenceName]
      : [],
  );
}

interface StaticTask {
  task: JsonObject;
  inLoop: boolean;
}

/**
 * Returns all tasks of a list, including nested tasks. The result excludes tasks inside the workflow definition of a SUB_WORKFLOW task, because this
 * definition describes a different workflow.
 */
function tasksIn(tasks: Json | undefined, inLoop = false): StaticTask[] {
  if (!Array.isArray(tasks)) return [];
  return tasks.flatMap((task) => {
    if (!isJsonObject(task)) return [];
    const { decisionCases, defaultCase, forkTasks, loopOver } = task;
    const branches = [
      ...(isJsonObject(decisionCases) ? Object.values(decisionCases) : []),
      defaultCase,
      ...(Array.isArray(forkTasks) ? forkTasks : []),
    ];
    return [{ task, inLoop }, ...branches.flatMap((branch) => tasksIn(branch, inLoop)), ...tasksIn(loopOver, true)];
  });
}
