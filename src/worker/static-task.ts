// Finds a task in the workflow definition that it was scheduled from.
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import type { Task } from './conductor.ts';
import { Misfit } from './definition.ts';

/**
 * Finds the task of `definition` that `task` was scheduled from, by its reference name. In a loop the name is compared without its `__N`.
 * Undefined if there is none. @throws Misfit if there are several
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
  // `call__1` can be the name of a task, or the first iteration of `call`.
  const those = found.length > 1 ? found.filter(({ task }) => task.taskReferenceName === handedOut) : found;
  if (found.length > 0 && those.length !== 1)
    throw new Misfit(
      `Task ${JSON.stringify(referenceTaskName)}: several tasks of the definition have this reference name`,
    );
  return those[0]?.task;
}

/** Whether data may add tasks to an execution of `definition`. Such tasks may be copies of others of it. */
export function hasDynamicFork(definition: JsonObject): boolean {
  return tasksIn(definition.tasks).some(({ task }) => task.type === 'FORK_JOIN_DYNAMIC');
}

/** The names of the tasks of `definition` whose task definition is the registered one. */
export function namesOfTasks(definition: JsonObject): string[] {
  const names = tasksIn(definition.tasks).flatMap(({ task: { name, type, taskDefinition } }) =>
    typeof name === 'string' && type !== 'DYNAMIC' && !isJsonObject(taskDefinition) ? [name] : [],
  );
  return [...new Set(names)];
}

interface StaticTask {
  task: JsonObject;
  inLoop: boolean;
}

/** All tasks of a list, with those nested in others. Leaves out definitions within SUB_WORKFLOW tasks, because they are other workflows. */
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
