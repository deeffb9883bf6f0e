// Decides which text is a task's definition: only the registered definition. The definition in a polled task can contain data, because dynamic forks
// copy their input into the definition. The workflow definition of an execution can come from a caller, because a caller can start a workflow with a
// definition of the caller's own.
//
// THE RULE. The definition of a task with secrets is the task with the same reference name in the registered workflow definition. The polled task
// must agree with this definition. All tasks in the execution's workflow definition must agree with the registered workflow definition, because other
// tasks provide or approve the data of this task. If one of these conditions is not met, the worker resolves nothing and ends the task.

import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { type DefinitionsAt, type Task, Unreachable } from './conductor.ts';
import { definitionOf, InvalidTask, usesSecrets, type WithDefinition } from './definition.ts';
import { definitionCache, type Freshness } from './definition-cache.ts';
import { type Outcome, retryableFailure, terminalFailure } from './outcome.ts';
import type { TaskHandler } from './polling.ts';
import { asStarted, differenceOf, type TaskDefinitions } from './same-workflow.ts';
import type { WorkerSettings } from './settings.ts';
import { hasDynamicFork, namesOfTasks, staticTask } from './static-task.ts';

export type DefinedTask = Task & WithDefinition;

export interface RegisteredDefinitions {
  /** Adds the definition to `task`. @throws InvalidTask if the worker must not resolve the references in the task; Unreachable */
  of(type: string, task: Task): Promise<DefinedTask>;
}

const NAME_LIMIT = 200;
/** Maximum number of concurrent requests for the task definitions of one workflow. */
const MAX_REQUESTS = 8;
const RUN_TIME_HINT =
  'Tasks that are created at run time cannot use secrets. To use secrets, let a dynamic fork start registered sub-workflows';

/** Wraps `work`, and adds the registered definition to each task before `work` runs. An invalid task fails without a call of `work`. */
export function withDefinition(
  type: string,
  definitions: RegisteredDefinitions,
  work: (task: DefinedTask, signal: AbortSignal) => Promise<Outcome>,
): TaskHandler {
  return async (task, signal) => {
    try {
      return await work(await definitions.of(type, task), signal);
    } catch (error) {
      if (error instanceof InvalidTask) return terminalFailure(`${error.message}.`);
      if (error instanceof Unreachable)
        return retryableFailure('The Conductor server did not return the definition of the task.');
      throw error;
    }
  };
}

/** @param unregistered decides whether the worker resolves references in executions whose workflow definition is not registered */
export function registeredDefinitions(
  server: DefinitionsAt,
  unregistered: WorkerSettings['unregistered'],
): RegisteredDefinitions {
  const lookUp = definitionCache(server);
  /**
   * A cache of comparisons. The cache maps the workflow definition of an execution to the registered workflow definition that agrees with the
   * execution's definition.
   */
  const agreedWith = new WeakMap<JsonObject, JsonObject>();

  async function checked(type: string, task: Task, freshness: Freshness): Promise<DefinedTask> {
    const handedOut = definitionOf(task.workflowTask);
    const needsNone = type !== 'UPDATE_SECRET' && (handedOut === undefined || !usesSecrets(handedOut));
    if (needsNone) return { ...task, definition: handedOut };
    const invalid = (reason: string) => new InvalidTask(`Task ${shown(task.referenceTaskName)}: ${reason}`);

    const execution = await lookUp.execution(task.workflowInstanceId, freshness);
    const started = execution?.workflowDefinition;
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
    const isNamed = typeof name === 'string' && typeof version === 'number';
    const answered = isNamed ? await lookUp.workflow(name, version, freshness) : undefined;
    // A caller can choose any name for a workflow definition, even a name that changes the path of the worker's request. The worker therefore
    // compares the name and version in the answer with the name and version in the request.
    const registered = answered?.name === name && answered?.version === version ? answered : undefined;
    if (registered === undefined && unregistered === 'allow') return { ...task, definition: definitionOf(startedTask) };
    if (registered === undefined)
      throw invalid(
        `${workflow} is not registered. Register the workflow definition, or set WORKER_UNREGISTERED=allow`,
      );
    if (type === 'UPDATE_SECRET' && hasDynamicFork(registered))
      throw invalid(
        `${workflow} has a FORK_JOIN_DYNAMIC task. The data of a dynamic fork could start a copy of this task with other input. Move the dynamic fork to a registered sub-workflow`,
      );
    const registeredTask = staticTask(registered, task);
    const isKnown = agreedWith.get(started) === registered;
    const compared = isKnown && registeredTask !== undefined ? { tasks: [registeredTask] } : registered;
    const taskDefinitions = await taskDefinitionsOf(namesOfTasks(compared), freshness);
    const completeTask = registeredTask === undefined ? undefined : asStarted(registeredTask, taskDefinitions);
    const difference = isKnown ? undefined : differenceOf(started, registered, taskDefinitions);
    if (difference === undefined) agreedWith.set(started, registered);
    if (difference !== undefined || !isSameTask(startedTask, completeTask))
      throw invalid(
        `the workflow was started with a definition that differs from the registered ${workflow}, or from its task definitions (${shown(difference ?? `tasks: ${task.referenceTaskName}`)}). If a definition was changed, restart the workflow with the latest definitions`,
      );
    return { ...task, definition: definitionOf(completeTask) };
  }

  async function taskDefinitionsOf(names: readonly string[], how: Freshness): Promise<TaskDefinitions> {
    const found = new Map<Json | undefined, JsonObject | undefined>();
    for (let i = 0; i < names.length; i += MAX_REQUESTS)
      await Promise.all(
        names.slice(i, i + MAX_REQUESTS).map(async (name) => found.set(name, await lookUp.task(name, how))),
      );
    return (name) => found.get(name);
  }

  return {
    async of(type, task) {
      try {
        return await checked(type, task, 'cached');
      } catch (error) {
        // The cached definitions may be outdated. The worker therefore reads the definitions from the Conductor server again and repeats the check.
        if (error instanceof InvalidTask) return checked(type, task, 'fresh');
        throw error;
      }
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
    isDeepStrictEqual(definitionOf(one), definitionOf(other))
  );
}

const shown = (name: Json | undefined) => JSON.stringify(name ?? null).slice(0, NAME_LIMIT);
