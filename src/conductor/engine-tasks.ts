// Reads tasks from the Conductor server, ends tasks, and puts tasks back into their queue. The requests use the identity of the gateway, not of a
// caller.
import { LRUCache } from 'lru-cache';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { jsonOf, segment } from './engine-json.ts';
import { isNamed } from './static-task.ts';
import { type EngineTask, engineTaskOf, type Task, Unreachable } from './task.ts';

/** Sends a request to the Conductor server with the identity of the gateway. `path` begins with `/api/`. */
export interface EngineRequests {
  get(path: string, limitBytes: number): Promise<{ status: number; body: Buffer }>;
  post(path: string, json: unknown, limitBytes: number): Promise<{ status: number; body: Buffer }>;
}

export interface EndedTask {
  taskId: string;
  /** Undefined if the output is in the engine's external storage. */
  output: Json | undefined;
}

export interface EngineTasks {
  /**
   * Caches a task that a worker polled, without the input of the task. When the worker reports the result, the gateway does not have to request the
   * task again.
   */
  remember(task: EngineTask): void;
  /**
   * Returns the task with this id. Returns undefined if the Conductor server has no task with this id. @throws Unreachable, and the errors of the
   * requests
   */
  byId(taskId: string): Promise<EngineTask | undefined>;
  /**
   * Returns the tasks of an execution that have this reference name and have not ended, in any iteration of a loop. @throws Unreachable, and the
   * errors of the requests
   */
  byReference(workflowId: string, referenceName: string): Promise<EngineTask[]>;
  /**
   * Returns whether the execution contains an unfinished task with this id and this reference name. The gateway never caches the result.
   * @throws Unreachable, and the errors of the requests
   */
  isOpen(task: Task): Promise<boolean>;
  /**
   * Returns the task whose output the engine inserts for an expression with this reference name. The task is the last task of the execution with this
   * reference name, in any iteration of a loop. @throws Unreachable, and the errors of the requests
   */
  last(workflowId: string, referenceName: string): Promise<EndedTask | undefined>;
  /** Returns all tasks of an execution that have not ended. @throws Unreachable, and the errors of the requests */
  open(workflowId: string): Promise<EngineTask[]>;
  /**
   * Returns the tasks that a signal to the execution can end. The tasks can also be in sub-workflows of the execution. @throws Unreachable, and the
   * errors of the requests
   */
  blocking(workflowId: string): Promise<EngineTask[]>;
  /** Ends a task with a failure. If `isFinal` is true, the engine does not retry the task. Returns whether the Conductor server accepted the result. */
  fail(task: EngineTask, reason: string, isFinal: boolean): Promise<boolean>;
  /** Puts a polled task back into its queue. `polled` is the task as the Conductor server returned the task. */
  putBack(task: EngineTask, polled: JsonObject, afterSeconds: number): Promise<boolean>;
}

/** Maximum number of bytes of a response that contains an execution with its tasks. */
const LONGEST_EXECUTION = 32 * 1_048_576;
/** Maximum number of bytes of a response whose body the gateway ignores. */
const LONGEST_RECEIPT = 64 * 1024;
const MOST_REMEMBERED = 2_000;
/** Maximum number of executions that the gateway reads during a search for a blocking task. The search also visits sub-workflows. */
const MOST_EXECUTIONS = 50;
const TERMINAL = new Set<Json | undefined>([
  ...['CANCELED', 'FAILED', 'FAILED_WITH_TERMINAL_ERROR', 'COMPLETED', 'COMPLETED_WITH_ERRORS', 'TIMED_OUT', 'SKIPPED'],
]);
const OPEN = new Set<Json | undefined>(['SCHEDULED', 'IN_PROGRESS']);
/** The types of tasks that wait for a person or a signal. */
const BLOCKING = new Set<Json | undefined>(['WAIT', 'HUMAN', 'YIELD', 'WAIT_FOR_WEBHOOK']);

export function engineTasks(requests: EngineRequests): EngineTasks {
  const remembered = new LRUCache<string, EngineTask>({ max: MOST_REMEMBERED });

  async function read(path: string, limitBytes: number): Promise<JsonObject | undefined> {
    const { status, body } = await requests.get(path, limitBytes);
    if (status === 404) return undefined;
    const json = status === 200 ? jsonOf(body) : undefined;
    if (!isJsonObject(json)) throw new Unreachable(`HTTP ${status}`);
    return json;
  }

  async function tasksOf(workflowId: string): Promise<JsonObject[]> {
    const execution = await read(`/api/workflow/${segment(workflowId)}?includeTasks=true`, LONGEST_EXECUTION);
    const tasks = Array.isArray(execution?.tasks) ? execution.tasks : [];
    return tasks.filter(isJsonObject);
  }

  const openTasks = async (workflowId: string) =>
    (await tasksOf(workflowId)).filter(({ status }) => !TERMINAL.has(status));

  async function report(result: JsonObject): Promise<boolean> {
    try {
      const { status } = await requests.post('/api/tasks', result, LONGEST_RECEIPT);
      return status >= 200 && status < 300;
    } catch {
      // The engine continues to apply the response timeout of the task.
      return false;
    }
  }

  return {
    remember(task) {
      remembered.set(task.taskId, { ...task, inputData: undefined });
    },
    async byId(taskId) {
      const known = remembered.get(taskId);
      if (known !== undefined) return known;
      const found = engineTaskOf(await read(`/api/tasks/${segment(taskId)}`, LONGEST_EXECUTION));
      return found?.taskId === taskId ? found : undefined;
    },
    async byReference(workflowId, referenceName) {
      return toTasks((await openTasks(workflowId)).filter((task) => isNamed(task.referenceTaskName, referenceName)));
    },
    async isOpen({ taskId, workflowInstanceId, referenceTaskName }) {
      const task = await read(`/api/tasks/${segment(taskId)}`, LONGEST_EXECUTION);
      return (
        task?.taskId === taskId &&
        task.workflowInstanceId === workflowInstanceId &&
        task.referenceTaskName === referenceTaskName &&
        OPEN.has(task.status)
      );
    },
    async last(workflowId, referenceName) {
      const found = (await tasksOf(workflowId)).findLast((task) => isNamed(task.referenceTaskName, referenceName));
      if (typeof found?.taskId !== 'string') return undefined;
      const isStoredElsewhere = typeof found.externalOutputPayloadStoragePath === 'string';
      return { taskId: found.taskId, output: isStoredElsewhere ? undefined : found.outputData };
    },
    open: async (workflowId) => toTasks(await openTasks(workflowId)),
    async blocking(workflowId) {
      const found: JsonObject[] = [];
      const open = [workflowId];
      for (let read = 0; open.length > 0; read++) {
        if (read === MOST_EXECUTIONS) throw new Unreachable('too many sub-workflows');
        for (const task of await openTasks(open.shift() ?? '')) {
          if (BLOCKING.has(task.taskType)) found.push(task);
          if (typeof task.subWorkflowId === 'string' && task.subWorkflowId !== '') open.push(task.subWorkflowId);
        }
      }
      return toTasks(found);
    },
    fail: ({ taskId, workflowInstanceId }, reason, isFinal) =>
      report({
        ...{ taskId, workflowInstanceId },
        status: isFinal ? 'FAILED_WITH_TERMINAL_ERROR' : 'FAILED',
        reasonForIncompletion: reason,
      }),
    putBack: ({ taskId, workflowInstanceId }, polled, callbackAfterSeconds) =>
      report({
        ...{ taskId, workflowInstanceId, status: 'IN_PROGRESS', callbackAfterSeconds },
        // The engine replaces the output and these fields of the task by the fields of the new result. The gateway therefore sends the current values
        // again.
        outputData: polled.outputData ?? {},
        ...(typeof polled.workerId === 'string' && { workerId: polled.workerId }),
        ...(typeof polled.subWorkflowId === 'string' && { subWorkflowId: polled.subWorkflowId }),
        ...(typeof polled.reasonForIncompletion === 'string' && {
          reasonForIncompletion: polled.reasonForIncompletion,
        }),
      }),
  };
}

const toTasks = (tasks: readonly JsonObject[]): EngineTask[] => tasks.flatMap((task) => engineTaskOf(task) ?? []);
