// Which text is a task's definition: the registered one. What the server hands out with a task may be data (dynamic forks put their input
// into it), and so may the definition of an execution (a workflow can be started with one of the caller's own).
//
// THE RULE. Where a task uses secrets, its definition is that of the task of the same reference name in the registered workflow definition.
// The execution's definition and the task as it was handed out must agree with it. Otherwise nothing is resolved, and the task ends.

import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { type DefinitionsAt, type Task, Unreachable } from './conductor.ts';
import { type Defined, definitionOf, Misfit, usesSecrets } from './definition.ts';
import { definitionLookUps, type Freshness } from './definition-look-ups.ts';
import { ended, failed, type Outcome } from './outcome.ts';
import type { Work } from './polling.ts';
import type { WorkerSettings } from './settings.ts';
import { staticTask } from './static-task.ts';

export type DefinedTask = Task & Defined;

export interface RegisteredDefinitions {
  /** `task` with its definition. @throws Misfit if its references do not count, Unreachable */
  of(type: string, task: Task): Promise<DefinedTask>;
}

const NAME_LIMIT = 200;
const AT_RUN_TIME =
  'Tasks that are made at run time use no secrets: have a dynamic fork start registered sub-workflows';

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

/** @param unregistered whether references count in executions whose definition is not registered */
export function registeredDefinitions(
  server: DefinitionsAt,
  unregistered: WorkerSettings['unregistered'],
): RegisteredDefinitions {
  const lookUp = definitionLookUps(server);

  async function judged(type: string, task: Task, how: Freshness): Promise<DefinedTask> {
    const handedOut = definitionOf(task.workflowTask);
    const needsNone = type !== 'UPDATE_SECRET' && (handedOut === undefined || !usesSecrets(handedOut));
    if (needsNone) return { ...task, definition: handedOut };
    const refused = (reason: string) => new Misfit(`Task ${shown(task.referenceTaskName)}: ${reason}`);

    const execution = await lookUp.execution(task.workflowInstanceId, how);
    const started = execution?.workflowDefinition;
    if (!isJsonObject(started)) throw refused('the Conductor server does not know its execution');
    const own = staticTask(started, task);
    if (own === undefined) throw refused(`the definition of the workflow has no such task. ${AT_RUN_TIME}`);
    if (!isDoneBy(own, type)) throw refused(`in the definition of the workflow its type is not ${type}`);
    if (!agree(task.workflowTask, own))
      throw refused(`it differs from the task of this name in the definition of the workflow. ${AT_RUN_TIME}`);

    const { name, version } = started;
    const workflow = `workflow ${shown(name)}, version ${JSON.stringify(version ?? null)}`;
    const isNamed = typeof name === 'string' && typeof version === 'number';
    const answered = isNamed ? await lookUp.workflow(name, version, how) : undefined;
    // Callers choose the name of a definition of their own, also one that servers read as another path.
    const registered = answered?.name === name && answered?.version === version ? answered : undefined;
    if (registered === undefined && unregistered === 'allow') return { ...task, definition: definitionOf(own) };
    if (registered === undefined)
      throw refused(`no definition of ${workflow} is registered. Register it, or set WORKER_UNREGISTERED=allow`);
    const found = staticTask(registered, task);
    const counts = found === undefined ? undefined : await withTaskDefinition(found, how);
    if (!agree(own, counts))
      throw refused(
        `the definition that the workflow was started with differs from the registered definition of ${workflow}, or from that of the task. After a change, restart the workflow with the latest definitions`,
      );
    return { ...task, definition: definitionOf(counts) };
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

/** Whether the definition has the task done by this worker. Data chooses the type of a DYNAMIC task, and not what it says. */
function isDoneBy({ type, name }: JsonObject, asked: string): boolean {
  return type === asked || type === 'DYNAMIC' || (type === 'SIMPLE' && name === asked);
}

/** Whether both say the same of what a task does. */
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
