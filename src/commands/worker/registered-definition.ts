// Which text is a task's definition: the registered one. What the server hands out with a task may be data (dynamic forks put their input
// into it), and so may the definition of an execution (a workflow can be started with one of the caller's own).
//
// THE RULE. Where a task uses secrets, its definition is that of the task of the same reference name in the registered workflow definition.
// The execution's definition and the task as it was handed out must agree with it. Otherwise nothing is resolved, and the task ends.

import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { remembered } from '../../remembered.ts';
import { type DefinitionsAt, Denied, type Task, Unreachable } from './conductor.ts';
import { type Defined, definitionOf, Misfit, usesSecrets } from './definition.ts';
import { ended, failed, type Outcome } from './outcome.ts';
import type { Work } from './polling.ts';
import type { WorkerSettings } from './settings.ts';

export type DefinedTask = Task & Defined;

export interface RegisteredDefinitions {
  /** `task` with its definition. @throws Misfit if its references do not count, Unreachable */
  of(type: string, task: Task): Promise<DefinedTask>;
}

/** A server is asked again for what is registered after this time. */
const REGISTERED_MS = 5_000;
const MOST_KEPT = 200;
const NAME_LIMIT = 200;

/** Does `work` with the definition of each task. A task whose references do not count ends before. */
export function withDefinition(
  type: string,
  definitions: RegisteredDefinitions,
  work: (task: DefinedTask, signal: AbortSignal) => Promise<Outcome>,
): Work {
  return async (task, signal) => {
    try {
      return await work(await definitions.of(type, task), signal);
    } catch (error) {
      if (error instanceof Misfit) return ended(`${error.message}.`);
      if (error instanceof Unreachable)
        return failed('The Conductor server does not answer when asked for the definition of the task.');
      throw error;
    }
  };
}

/** @param unregistered what becomes of executions whose definition is registered under no name */
export function registeredDefinitions(
  server: DefinitionsAt,
  unregistered: WorkerSettings['unregistered'],
): RegisteredDefinitions {
  const lookUp = cachedLookUps(server);

  async function judged(type: string, task: Task, how: Freshness): Promise<DefinedTask> {
    const handedOut = definitionOf(task.workflowTask);
    const needsNone = type !== 'UPDATE_SECRET' && (handedOut === undefined || !usesSecrets(handedOut));
    if (needsNone) return { ...task, definition: handedOut };

    const execution = await lookUp.execution(task.workflowInstanceId, how);
    const started = execution?.workflowDefinition;
    if (!isJsonObject(started)) throw new Misfit('The Conductor server does not know the execution of the task');
    const own = staticTask(started, task);
    if (own === undefined)
      throw new Misfit(
        `Task ${named(task.referenceTaskName)}: the definition of the workflow has no such task. Tasks made at run time use no secrets: let a dynamic fork start registered sub-workflows`,
      );
    requireType(own, type);
    requireAgreement(
      task.workflowTask,
      own,
      `Task ${named(task.referenceTaskName)}: its inputParameters are not those of the workflow's definition. Tasks made at run time use no secrets`,
    );

    const { name, version } = started;
    const workflow = `${named(name)} version ${JSON.stringify(version)}`;
    const registered =
      typeof name === 'string' && typeof version === 'number' ? await lookUp.workflow(name, version, how) : undefined;
    if (registered === undefined) {
      if (unregistered === 'allow') return { ...task, definition: definitionOf(own) };
      throw new Misfit(
        `No definition is registered for workflow ${workflow}, so that its tasks use no secrets. Register it, or set WORKER_UNREGISTERED=allow`,
      );
    }
    const found = staticTask(registered, task);
    const theirs = found === undefined ? undefined : await withTaskDefinition(found, how);
    requireAgreement(
      own,
      theirs,
      `Task ${named(task.referenceTaskName)}: the definition that the workflow was started with is not the registered one of ${workflow}. If that was changed under the same version, restart the workflow with the latest definitions`,
    );
    return { ...task, definition: definitionOf(theirs) };
  }

  /** As engines complete a task when a workflow starts. */
  async function withTaskDefinition(workflowTask: JsonObject, how: Freshness): Promise<JsonObject> {
    if (isJsonObject(workflowTask.taskDefinition) || typeof workflowTask.name !== 'string') return workflowTask;
    return { ...workflowTask, taskDefinition: (await lookUp.task(workflowTask.name, how)) ?? null };
  }

  return {
    async of(type, task) {
      try {
        return await judged(type, task, 'kept');
      } catch (error) {
        // What is kept may be from before a change.
        if (error instanceof Misfit) return judged(type, task, 'fresh');
        throw error;
      }
    },
  };
}

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
    throw new Misfit(`Task ${named(referenceTaskName)}: several tasks of the definition have this reference name`);
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

/** @throws Misfit if the definition has the task done by something else than this worker */
function requireType({ type, name, taskReferenceName }: JsonObject, asked: string): void {
  // Data chooses the type of a DYNAMIC task, and not what it says.
  if (type === asked || type === 'DYNAMIC' || (type === 'SIMPLE' && name === asked)) return;
  throw new Misfit(`Task ${named(taskReferenceName)}: in the definition its type is not ${asked}`);
}

/** @throws Misfit with `reason` unless both say the same of what a task does */
function requireAgreement(one: Json | undefined, other: Json | undefined, reason: string): void {
  const says = (task: Json | undefined) =>
    isJsonObject(task) ? [task.type, task.type === 'DYNAMIC' ? '' : task.name, definitionOf(task)] : undefined;
  if (says(one) === undefined || !isDeepStrictEqual(says(one), says(other))) throw new Misfit(reason);
}

type Freshness = 'kept' | 'fresh';

/** `server`, asked once for what several tasks need. */
function cachedLookUps(server: DefinitionsAt) {
  /** @param lifeMs how long an answer holds */
  function cached<Key extends (string | number)[]>(
    what: string,
    ask: (...key: Key) => Promise<JsonObject | undefined>,
    lifeMs: number,
  ) {
    const kept = remembered<{ answer: Promise<JsonObject | undefined>; until: number }>({ most: MOST_KEPT });
    return async (...[how, ...key]: [Freshness, ...Key]): Promise<JsonObject | undefined> => {
      const id = JSON.stringify(key);
      const known = how === 'kept' ? kept.get(id) : undefined;
      if (known !== undefined && Date.now() < known.until) return known.answer;
      const answer = ask(...key);
      kept.set(id, { answer, until: Date.now() + lifeMs });
      try {
        return await answer;
      } catch (error) {
        kept.forget(id);
        if (error instanceof Denied)
          throw new Misfit(`The Conductor server does not let the worker read ${what} (${error.message})`);
        throw error;
      }
    };
  }
  const execution = cached('executions', server.execution, Number.POSITIVE_INFINITY);
  const workflow = cached('workflow definitions', server.workflow, REGISTERED_MS);
  const task = cached('task definitions', server.task, REGISTERED_MS);
  return {
    execution: (id: string, how: Freshness) => execution(how, id),
    workflow: (name: string, version: number, how: Freshness) => workflow(how, name, version),
    task: (name: string, how: Freshness) => task(how, name),
  };
}

const named = (name: Json | undefined) => (typeof name === 'string' ? name.slice(0, NAME_LIMIT) : 'without a name');
