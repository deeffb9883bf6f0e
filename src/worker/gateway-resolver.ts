import type { InWorkflow } from '../conductor/registered-definition.ts';
import type { Resolver } from '../conductor/resolve-input.ts';
import type { Task } from '../conductor/task.ts';
import { useOf } from '../conductor/use-of-task.ts';
import type { Gateway } from './gateway.ts';
import { withTaskPointers } from './gateway-errors.ts';

/** Resolves references through the gateway's REST API. The audit events of the gateway name `task`. */
export function gatewayResolver(gateway: Gateway, task: Partial<Task> & InWorkflow): Resolver {
  return {
    resolve: (payload, input) => gateway.resolve(payload, input, useBy(task)),
    errorAt: withTaskPointers,
  };
}

function useBy({ taskId, workflowInstanceId, referenceTaskName = '', workflow }: Partial<Task> & InWorkflow) {
  if (taskId === undefined || workflowInstanceId === undefined) return undefined;
  return useOf({ taskId, workflowInstanceId, referenceTaskName }, workflow);
}
