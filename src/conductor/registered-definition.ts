// Finds the registered definition of a task. The definition in a polled task can contain data, because dynamic forks copy their input into the
// definition. The workflow definition of an execution can come from a caller, because a caller can send a workflow definition with the request to start
// a workflow.
//
// THE RULE. The definition of a task with secrets is the task with the same reference name in the registered workflow definition. The polled task
// must agree with this definition. All tasks in the execution's workflow definition must agree with the registered workflow definition, because other
// tasks provide or approve the data of this task. If one of these conditions is not met, the gateway
// resolves no reference, and ends the task.

import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { definitionOf, usesSecrets, type WithDefinition } from './definition.ts';
import { definitionCache, type Freshness } from './definition-cache.ts';
import { checkTemplateReceivers } from './receivers.ts';
import { asScheduled, asStarted, differenceOf, type TaskDefinitions } from './same-workflow.ts';
import { hasDynamicFork, namesOfTasks, staticTask, withTaskDefinitions } from './static-task.ts';
import { type DefinitionsAt, InvalidTask, type Task } from './task.ts';

export interface RegisteredDefinitions {
  /**
   * Adds the definition to `task`. `started` is the workflow definition of the execution. Without `started`, the method reads the workflow definition
   * of the execution from the Conductor server. @throws InvalidTask if the references in the task must not be resolved; Unreachable
   */
  of<T extends Task>(type: string, task: T, started?: JsonObject): Promise<T & WithDefinition & InWorkflow>;
  /**
   * Returns the registered workflow definition with this name and version, without the registered task definitions. Returns undefined if no such
   * workflow definition is registered. @throws InvalidTask if the Conductor server denies access; Unreachable
   */
  workflow(name: Json | undefined, version: Json | undefined): Promise<JsonObject | undefined>;
  /**
   * Returns the registered workflow definition with this name and version, completed by the registered task definitions. Returns undefined if no such
   * workflow definition is registered. @throws InvalidTask if the Conductor server denies access; Unreachable
   */
  registered(name: Json | undefined, version: Json | undefined): Promise<JsonObject | undefined>;
  /** Returns the registered task definition with this name. @throws InvalidTask, Unreachable */
  taskDefinition(name: string): Promise<JsonObject | undefined>;
  /** Returns the registered task definitions with these names, by name. @throws InvalidTask, Unreachable */
  taskDefinitions(names: readonly string[]): Promise<ReadonlyMap<string, JsonObject>>;
  /** Deletes all cache entries for missing task definitions. The gateway calls this method after a caller registers task definitions. */
  taskDefinitionsChanged(): void;
  /** Returns the execution without its tasks. @throws InvalidTask, Unreachable */
  execution(workflowId: string): Promise<JsonObject | undefined>;
  /**
   * Reads the execution with its data and its tasks from the Conductor server, and returns the result of `pick`. Returns undefined if there is no such
   * execution. @throws InvalidTask, Unreachable
   */
  fromExecution<T>(workflowId: string, pick: (execution: JsonObject) => T): Promise<T | undefined>;
  /** Returns the id of the execution that the task belongs to. @throws InvalidTask, Unreachable */
  executionOfTask(taskId: string): Promise<string | undefined>;
}

/** The registered workflow definition of a task with secrets. Undefined if the definition of the task uses no secrets. */
export interface InWorkflow {
  workflow?: JsonObject | undefined;
}

/**
 * How references are handled in an execution whose workflow definition is not registered: `refuse` ends the task, and `allow` uses the workflow
 * definition of the execution.
 */
export type Unregistered = 'refuse' | 'allow';

export interface RegisteredDefinitionsOptions {
  unregistered: Unregistered;
  /** The setting that changes `unregistered`, for error messages. */
  setting?: string;
  /** The time in milliseconds for which the workflow definition of an execution stays cached. Without this option, there is no limit. */
  executionMs?: number;
}

const NAME_LIMIT = 200;
/** Maximum number of concurrent requests for the task definitions of one workflow. */
const MAX_REQUESTS = 8;
const RUN_TIME_HINT =
  'Tasks that are created at run time cannot use secrets. To use secrets, let a dynamic fork start registered sub-workflows';

export function registeredDefinitions(
  server: DefinitionsAt,
  { unregistered, setting, executionMs = Number.POSITIVE_INFINITY }: RegisteredDefinitionsOptions,
): RegisteredDefinitions {
  const lookUp = definitionCache(server, executionMs);
  /**
   * A cache of comparisons. The cache maps the workflow definition of an execution to the registered workflow definition that agrees with the
   * execution's definition.
   */
  const agreedWith = new WeakMap<JsonObject, JsonObject>();

  async function checked<T extends Task>(
    type: string,
    task: T,
    freshness: Freshness,
    known: JsonObject | undefined,
  ): Promise<T & WithDefinition & InWorkflow> {
    const handedOut = definitionOf(task.workflowTask);
    const needsNone = type !== 'UPDATE_SECRET' && (handedOut === undefined || !usesSecrets(handedOut));
    if (needsNone) return { ...task, definition: handedOut };
    const invalid = (reason: string) => new InvalidTask(`Task ${shown(task.referenceTaskName)}: ${reason}`);

    const started = known ?? (await lookUp.execution(task.workflowInstanceId, freshness))?.workflowDefinition;
    if (!isJsonObject(started))
      throw invalid('the Conductor server returned no execution, or an execution without a workflow definition');
    const startedTask = staticTask(started, task);
    if (startedTask === undefined)
      throw invalid(`the workflow definition does not contain this task. ${RUN_TIME_HINT}`);
    if (!hasType(startedTask, type)) throw invalid(`the task's type in the workflow definition is not ${type}`);
    if (!isSameTask(task.workflowTask, startedTask))
      throw invalid(
        `the task differs from the task with this reference name in the workflow definition. ${RUN_TIME_HINT}`,
      );

    const { name, version } = started;
    const workflow = `workflow ${shown(name)}, version ${JSON.stringify(version ?? null)}`;
    const registered = await workflowNamed(name, version, freshness);
    if (registered === undefined && unregistered === 'allow')
      return { ...task, definition: definitionOf(startedTask), workflow: started };
    if (registered === undefined)
      throw invalid(
        `${workflow} is not registered. Register the workflow definition${setting === undefined ? '' : `, or set ${setting}`}`,
      );
    if (type === 'UPDATE_SECRET' && hasDynamicFork(registered))
      throw invalid(
        `${workflow} has a FORK_JOIN_DYNAMIC task. The data of a dynamic fork could start a copy of this task with other input. Move the dynamic fork to a registered sub-workflow`,
      );
    const registeredTask = staticTask(registered, task);
    const isKnown = agreedWith.get(started) === registered;
    const compared = isKnown && registeredTask !== undefined ? { tasks: [registeredTask] } : registered;
    const taskDefinitions = await taskDefinitionsOf(compared, freshness);
    const completeTask = registeredTask === undefined ? undefined : asStarted(registeredTask, taskDefinitions);
    const difference = isKnown ? undefined : differenceOf(started, registered, taskDefinitions);
    if (difference === undefined) agreedWith.set(started, registered);
    if (difference !== undefined || !isSameTask(startedTask, completeTask))
      throw invalid(
        `the workflow was started with a definition that differs from the registered ${workflow}, or from its task definitions (${shown(difference ?? `tasks: ${task.referenceTaskName}`)}). If a definition was changed, restart the workflow with the latest definitions`,
      );
    if (completeTask !== undefined) checkTemplateReceivers(type, completeTask);
    return { ...task, definition: definitionOf(completeTask && asScheduled(completeTask)), workflow: registered };
  }

  async function workflowNamed(name: Json | undefined, version: Json | undefined, freshness: Freshness) {
    const isNamed = typeof name === 'string' && typeof version === 'number';
    const answered = isNamed ? await lookUp.workflow(name, version, freshness) : undefined;
    // A workflow definition from a caller can have any name, even a name that changes the path of the request. The name and version in the response are
    // therefore compared with the name and version in the request.
    return answered?.name === name && answered?.version === version ? answered : undefined;
  }

  async function taskDefinitionsNamed(names: readonly string[], how: Freshness): Promise<Map<string, JsonObject>> {
    const found = new Map<string, JsonObject>();
    for (let i = 0; i < names.length; i += MAX_REQUESTS)
      await Promise.all(
        names.slice(i, i + MAX_REQUESTS).map(async (name) => {
          const definition = await lookUp.task(name, how);
          if (definition !== undefined) found.set(name, definition);
        }),
      );
    return found;
  }

  async function taskDefinitionsOf(workflow: JsonObject, how: Freshness): Promise<TaskDefinitions> {
    const found = await taskDefinitionsNamed(namesOfTasks(workflow), how);
    return (name) => (typeof name === 'string' ? found.get(name) : undefined);
  }

  return {
    async of(type, task, started) {
      try {
        return await checked(type, task, 'cached', started);
      } catch (error) {
        // The cached definitions may be outdated. The check is therefore repeated with definitions that are read from the Conductor server again.
        if (error instanceof InvalidTask) return checked(type, task, 'fresh', started);
        throw error;
      }
    },
    workflow: (name, version) => workflowNamed(name, version, 'cached'),
    async registered(name, version) {
      const workflow = await workflowNamed(name, version, 'cached');
      if (workflow === undefined) return undefined;
      return withTaskDefinitions(workflow, await taskDefinitionsOf(workflow, 'cached'));
    },
    taskDefinition: (name) => lookUp.task(name, 'recent'),
    taskDefinitions: (names) => taskDefinitionsNamed(names, 'recent'),
    taskDefinitionsChanged: () => lookUp.forgetMissingTasks(),
    execution: (workflowId) => lookUp.execution(workflowId, 'cached'),
    fromExecution: lookUp.fromExecution,
    async executionOfTask(taskId) {
      const id = (await lookUp.executionOfTask(taskId, 'cached'))?.id;
      return typeof id === 'string' ? id : undefined;
    },
  };
}

/**
 * Returns whether the task in the definition has the expected type. The function also accepts a DYNAMIC task, because data chooses only the type of a
 * DYNAMIC task, not its `inputParameters`.
 */
function hasType({ type, name }: JsonObject, expectedType: string): boolean {
  return type === expectedType || type === 'DYNAMIC' || (type === 'SIMPLE' && name === expectedType);
}

/** Returns whether two definitions of a task have the same type, the same name and the same effective input parameters. */
function isSameTask(one: Json | undefined, other: Json | undefined): boolean {
  if (!isJsonObject(one) || !isJsonObject(other)) return false;
  const nameOf = ({ type, name }: JsonObject) => (type === 'DYNAMIC' ? undefined : name);
  return (
    one.type === other.type &&
    nameOf(one) === nameOf(other) &&
    (isDeepStrictEqual(definitionOf(one), definitionOf(other)) ||
      isDeepStrictEqual(definitionOf(asScheduled(one)), definitionOf(asScheduled(other))))
  );
}

const shown = (name: Json | undefined) => JSON.stringify(name ?? null).slice(0, NAME_LIMIT);
