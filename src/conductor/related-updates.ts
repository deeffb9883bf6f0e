// Finds the secrets that related executions update. A workflow and its sub-workflow can exchange a new secret value before one of the two workflows
// updates the secret. The data of both executions then contains the value.
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { namesOfUpdatedSecrets, updateTasksIn } from './captures.ts';
import type { ExecutionData } from './execution-parts.ts';
import type { RegisteredDefinitions } from './registered-definition.ts';
import { tasksOf } from './static-task.ts';

export interface RelatedUpdates {
  /**
   * Returns the names of secrets that the ancestors, the related executions and the sub-workflows of the execution update. `registered` is the
   * registered workflow definition of the execution. @throws InvalidTask, Unreachable
   */
  of(execution: ExecutionData, registered: JsonObject | undefined): Promise<string[]>;
}

type Definitions = Pick<RegisteredDefinitions, 'execution' | 'workflow' | 'registered'>;

/** The gateway creates one object for each response. The object reads each related execution and each workflow definition only once. */
export function relatedUpdates(definitions: Definitions): RelatedUpdates {
  const readExecutions = new Set<string>();
  const readDefinitions = new Set<string>();

  /** Returns the names of the secrets that a registered workflow definition and its sub-workflows update. */
  async function ofDefinition(name: Json | undefined, version: Json | undefined): Promise<string[]> {
    const key = JSON.stringify([name, version]);
    if (readDefinitions.has(key)) return [];
    readDefinitions.add(key);
    const workflow = await definitions.workflow(name, version);
    if (workflow === undefined) return [];
    // An UPDATE_SECRET task can name its secret in the task definition. The other tasks need no task definitions here.
    const updating = updateTasksIn(workflow).length === 0 ? undefined : await definitions.registered(name, version);
    return [...(updating === undefined ? [] : namesOfUpdatedSecrets(updating)), ...(await ofSubWorkflows(workflow))];
  }

  async function ofSubWorkflows(definition: JsonObject): Promise<string[]> {
    const names: string[] = [];
    for (const { subWorkflowParam } of tasksOf(definition)) {
      if (!isJsonObject(subWorkflowParam)) continue;
      const { name, version } = subWorkflowParam;
      if (typeof name === 'string' && typeof version === 'number') names.push(...(await ofDefinition(name, version)));
    }
    return names;
  }

  /** Returns the names of the secrets that an execution, its ancestors and its sub-workflows update. */
  async function ofExecution(workflowId: string): Promise<string[]> {
    if (readExecutions.has(workflowId)) return [];
    readExecutions.add(workflowId);
    const execution = await definitions.execution(workflowId);
    const started = execution?.workflowDefinition;
    return [
      ...(isJsonObject(started) ? await ofDefinition(started.name, started.version) : []),
      ...(typeof execution?.parentWorkflowId === 'string' ? await ofExecution(execution.parentWorkflowId) : []),
    ];
  }

  return {
    async of({ workflowId, related, isComplete }, registered) {
      const names = registered === undefined ? [] : await ofSubWorkflows(registered);
      // Summaries and tasks do not contain the id of the parent execution.
      const ids = workflowId === undefined || isComplete === true ? related : new Set([...related, workflowId]);
      for (const id of ids) names.push(...(await ofExecution(id)));
      return names;
    },
  };
}
