// Decides which text is a task's definition: the registered one. The definition in a polled task can contain data, because dynamic forks copy
// their input into it. The definition of an execution can be a caller's own, because a workflow can be started with one.
//
// THE RULE. The definition of a task that uses secrets is the task with the same reference name in the registered workflow definition. The
// polled task must agree with it, and the execution's definition in all tasks: earlier tasks provide its data, or approve it. Otherwise the
// worker resolves nothing and ends the task.

import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { type DefinitionsAt, type Task, Unreachable } from './conductor.ts';
import { type Defined, definitionOf, Misfit, usesSecrets } from './definition.ts';
import { definitionLookUps, type Freshness } from './definition-look-ups.ts';
import { ended, failed, type Outcome } from './outcome.ts';
import type { Work } from './polling.ts';
import { completed, differenceOf, type TaskDefinitions } from './same-workflow.ts';
import type { WorkerSettings } from './settings.ts';
import { hasDynamicFork, namesOfTasks, staticTask } from './static-task.ts';

export type DefinedTask = Task & Defined;

export interface RegisteredDefinitions {
  /** Adds the definition to `task`. @throws Misfit if its references do not count, Unreachable */
  of(type: string, task: Task): Promise<DefinedTask>;
}

const NAME_LIMIT = 200;
/** Requests for task definitions of one workflow at the same time. */
const AT_ONCE = 8;
const AT_RUN_TIME =
  'Tasks that are created at run time cannot use secrets. Let a dynamic fork start registered sub-workflows instead';

/** Adds the definition to each task before `work`. Ends a task whose references do not count, without doing `work`. */
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
        return failed('The Conductor server did not answer the request for the definition of the task.');
      throw error;
    }
  };
}

/** @param unregistered whether references count in executions whose definition is not registered */
export function registeredDefinitions(
  server: DefinitionsAt,
  unregistered: WorkerSettings['unregistered'],
): RegisteredDefinitions {
  const lookUp = definitionLookUps(server);
  /** Definitions of executions that agree with a registered one, as long as both are kept. */
  const agreed = new WeakMap<JsonObject, JsonObject>();

  async function judged(type: string, task: Task, how: Freshness): Promise<DefinedTask> {
    const handedOut = definitionOf(task.workflowTask);
    const needsNone = type !== 'UPDATE_SECRET' && (handedOut === undefined || !usesSecrets(handedOut));
    if (needsNone) return { ...task, definition: handedOut };
    const refused = (reason: string) => new Misfit(`Task ${shown(task.referenceTaskName)}: ${reason}`);

    const execution = await lookUp.execution(task.workflowInstanceId, how);
    const started = execution?.workflowDefinition;
    if (!isJsonObject(started))
      throw refused('the Conductor server does not know its execution, or not its definition');
    const own = staticTask(started, task);
    if (own === undefined) throw refused(`the definition of the workflow has no such task. ${AT_RUN_TIME}`);
    if (!isDoneBy(own, type)) throw refused(`in the definition of the workflow its type is not ${type}`);
    if (!agree(task.workflowTask, own))
      throw refused(`it differs from the task of this name in the definition of the workflow. ${AT_RUN_TIME}`);

    const { name, version } = started;
    const workflow = `workflow ${shown(name)}, version ${JSON.stringify(version ?? null)}`;
    const isNamed = typeof name === 'string' && typeof version === 'number';
    const answered = isNamed ? await lookUp.workflow(name, version, how) : undefined;
    // A caller's own definition can have any name, also one that changes the path of the request, so the answer's name and version are compared.
    const registered = answered?.name === name && answered?.version === version ? answered : undefined;
    if (registered === undefined && unregistered === 'allow') return { ...task, definition: definitionOf(own) };
    if (registered === undefined)
      throw refused(`no definition of ${workflow} is registered. Register it, or set WORKER_UNREGISTERED=allow`);
    if (type === 'UPDATE_SECRET' && hasDynamicFork(registered))
      throw refused(
        `${workflow} has a FORK_JOIN_DYNAMIC, whose data can copy the task with another value. Move the dynamic fork to a registered sub-workflow`,
      );
    const found = staticTask(registered, task);
    const known = agreed.get(started) === registered;
    const needed = known && found !== undefined ? { tasks: [found] } : registered;
    const taskDefinitions = await taskDefinitionsOf(namesOfTasks(needed), how);
    const counts = found === undefined ? undefined : completed(found, taskDefinitions);
    const differs = known ? undefined : differenceOf(started, registered, taskDefinitions);
    if (differs === undefined) agreed.set(started, registered);
    if (differs !== undefined || !agree(own, counts))
      throw refused(
        `the definition that the workflow was started with differs from the registered definition of ${workflow}, or of the task definitions (${shown(differs ?? `tasks: ${task.referenceTaskName}`)}). If a definition was changed, restart the workflow with the latest definitions`,
      );
    return { ...task, definition: definitionOf(counts) };
  }

  async function taskDefinitionsOf(names: readonly string[], how: Freshness): Promise<TaskDefinitions> {
    const found = new Map<Json | undefined, JsonObject | undefined>();
    for (let i = 0; i < names.length; i += AT_ONCE)
      await Promise.all(names.slice(i, i + AT_ONCE).map(async (name) => found.set(name, await lookUp.task(name, how))));
    return (name) => found.get(name);
  }

  return {
    async of(type, task) {
      try {
        return await judged(type, task, 'kept');
      } catch (error) {
        // The cached definitions may be out of date.
        if (error instanceof Misfit) return judged(type, task, 'fresh');
        throw error;
      }
    },
  };
}

/** Whether the definition gives the task to this worker. For a DYNAMIC task data chooses the type, but not the `inputParameters`. */
function isDoneBy({ type, name }: JsonObject, asked: string): boolean {
  return type === asked || type === 'DYNAMIC' || (type === 'SIMPLE' && name === asked);
}

/** Whether two definitions of a task have the same type, name and effective input parameters. */
function agree(one: Json | undefined, other: Json | undefined): boolean {
  if (!isJsonObject(one) || !isJsonObject(other)) return false;
  const nameOf = ({ type, name }: JsonObject) => (type === 'DYNAMIC' ? undefined : name);
  return (
    one.type === other.type &&
    nameOf(one) === nameOf(other) &&
    isDeepStrictEqual(definitionOf(one), definitionOf(other))
  );
}

const shown = (name: Json | undefined) => JSON.stringify(name ?? null).slice(0, NAME_LIMIT);
