// Finds the secrets that related executions update. A sub-workflow can return a new secret value to the workflow that updates the secret, and the other
// way round, so the value is in the data of both executions.
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { namesOfUpdatedSecrets } from './captures.ts';
import type { ExecutionData } from './execution-parts.ts';
import type { RegisteredDefinitions } from './registered-definition.ts';
import { tasksOf } from './static-task.ts';

export interface RelatedUpdates {
  /**
   * The names of secrets that the ancestors, the related executions and the sub-workflows of the execution update. `registered` is the registered
   * workflow definition of the execution. @throws InvalidTask, Unreachable
   */
  of(execution: ExecutionData, registered: JsonObject | undefined): Promise<string[]>;
}

type Definitions = Pick<RegisteredDefinitions, 'execution' | 'registered'>;

/** One object serves one answer, and reads each related execution and each workflow definition only once. */
export function relatedUpdates(definitions: Definitions): RelatedUpdates {
  const readExecutions = new Set<string>();
  const readDefinitions = new Set<string>();

  /** The secrets that a registered workflow definition and its sub-workflows update. */
  async function ofDefinition(name: Json | undefined, version: Json | undefined): Promise<string[]> {
    const key = JSON.stringify([name, version]);
    if (readDefinitions.has(key)) return [];
    readDefinitions.add(key);
    const definition = await definitions.registered(name, version);
    return definition === undefined
      ? []
      : [...namesOfUpdatedSecrets(definition), ...(await ofSubWorkflows(definition))];
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

  /** The secrets that an execution, its ancestors and its sub-workflows update. */
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
      // A summary and a task do not name the parent of their execution.
      const ids = workflowId === undefined || isComplete === true ? related : new Set([...related, workflowId]);
      for (const id of ids) names.push(...(await ofExecution(id)));
      return names;
    },
  };
}
