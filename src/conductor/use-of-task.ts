// Describes the use of secrets by a task, for audit events.

import type { JsonObject } from '../primitives/json.ts';
import type { TaskOfUse } from '../secrets/secret-use-service.ts';
import type { EngineTask, Task } from './task.ts';

/** @param workflow the workflow definition. Without this argument, the name and the version come from the engine's JSON of the task. */
export function useOf(
  task: Pick<Task, 'taskId' | 'workflowInstanceId' | 'referenceTaskName'> &
    Pick<Partial<EngineTask>, 'workflowType' | 'workflowVersion'>,
  workflow: JsonObject | undefined,
): TaskOfUse {
  const name = String(workflow?.name ?? task.workflowType ?? '');
  const version = String(workflow?.version ?? task.workflowVersion ?? '');
  return {
    taskId: task.taskId,
    workflowId: task.workflowInstanceId,
    task: task.referenceTaskName,
    workflow: `${name}:${version}`,
  };
}
