// Finds a task in the workflow definition that it was scheduled from.
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { Task } from './conductor.ts';
import { Misfit } from './definition.ts';

/**
 * The task of `definition` from which `task` was scheduled, by its reference name: in loops without its `__N`. Undefined if there is none.
 * @throws Misfit if there are several
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
  // `call__1` may be a task of this name, and the first iteration of `call`.
  const those = found.length > 1 ? found.filter(({ task }) => task.taskReferenceName === handedOut) : found;
  if (found.length > 0 && those.length !== 1)
    throw new Misfit(
      `Task ${JSON.stringify(referenceTaskName)}: several tasks of the definition have this reference name`,
    );
  return those[0]?.task;
}

interface StaticTask {
  task: JsonObject;
  inLoop: boolean;
}

/** All tasks of a list, also those within others. Definitions written into SUB_WORKFLOW tasks are of other workflows. */
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
