// Reads tasks from the Conductor server, ends tasks, and puts tasks back into their queue, as the gateway itself.
import { LRUCache } from 'lru-cache';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { jsonOf, segment } from './engine-json.ts';
import { withoutIteration } from './static-task.ts';
import { type EngineTask, engineTaskOf, type Task, Unreachable } from './task.ts';

/** Requests to the Conductor server as the gateway itself. `path` begins with `/api/`. */
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
  /** Remembers a task that a worker polled, so that its result does not need a request for the task. The input is not kept. */
  remember(task: EngineTask): void;
  /** The task with this id. Undefined if the Conductor server has no such task. @throws Unreachable, and the errors of the requests */
  byId(taskId: string): Promise<EngineTask | undefined>;
  /**
   * The tasks of an execution with this reference name that have not ended, in any iteration of a loop. @throws Unreachable, and the errors of the
   * requests
   */
  byReference(workflowId: string, referenceName: string): Promise<EngineTask[]>;
  /**
   * Whether the Conductor server has this task in this execution, with this reference name, and the task has not ended. The answer is never cached.
   * @throws Unreachable, and the errors of the requests
   */
  isOpen(task: Task): Promise<boolean>;
  /**
   * The task whose output an expression with this reference name reads: the last task of the execution with this reference name, in any iteration of a
   * loop. @throws Unreachable, and the errors of the requests
   */
  last(workflowId: string, referenceName: string): Promise<EndedTask | undefined>;
  /** All tasks of an execution that have not ended. @throws Unreachable, and the errors of the requests */
  open(workflowId: string): Promise<EngineTask[]>;
  /**
   * The tasks that block an execution or one of its sub-workflows, and that a signal can end. @throws Unreachable, and the errors of the requests
   */
  blocking(workflowId: string): Promise<EngineTask[]>;
  /** Ends a task with a failure. `isFinal` forbids the retries of the task. Returns whether the Conductor server accepted the result. */
  fail(task: EngineTask, reason: string, isFinal: boolean): Promise<boolean>;
  /** Puts a polled task back into its queue. `polled` is the task as the Conductor server returned the task. */
  putBack(task: EngineTask, polled: JsonObject, afterSeconds: number): Promise<boolean>;
}

/** Maximum number of bytes of an execution with its tasks. */
const LONGEST_EXECUTION = 32 * 1_048_576;
/** Maximum number of bytes of an answer that the gateway does not read. */
const LONGEST_RECEIPT = 64 * 1024;
const MOST_REMEMBERED = 2_000;
/** Maximum nesting of sub-workflows, and maximum number of executions, that a search for a blocking task reads. */
const MOST_EXECUTIONS = 50;
const TERMINAL = new Set<Json | undefined>([
  ...['CANCELED', 'FAILED', 'FAILED_WITH_TERMINAL_ERROR', 'COMPLETED', 'COMPLETED_WITH_ERRORS', 'TIMED_OUT', 'SKIPPED'],
]);
const OPEN = new Set<Json | undefined>(['SCHEDULED', 'IN_PROGRESS']);
/** Types of tasks that wait for a person or a signal. */
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
      // The response timeout of the task applies.
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
      return toTasks((await openTasks(workflowId)).filter((task) => isNamed(task, referenceName)));
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
      const found = (await tasksOf(workflowId)).findLast((task) => isNamed(task, referenceName));
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
        // A result replaces the output and these fields, so the earlier contents are sent again.
        outputData: polled.outputData ?? {},
        ...(typeof polled.workerId === 'string' && { workerId: polled.workerId }),
        ...(typeof polled.subWorkflowId === 'string' && { subWorkflowId: polled.subWorkflowId }),
        ...(typeof polled.reasonForIncompletion === 'string' && {
          reasonForIncompletion: polled.reasonForIncompletion,
        }),
      }),
  };
}

function isNamed({ referenceTaskName: name }: JsonObject, referenceName: string): boolean {
  return typeof name === 'string' && (name === referenceName || withoutIteration(name) === referenceName);
}

const toTasks = (tasks: readonly JsonObject[]): EngineTask[] => tasks.flatMap((task) => engineTaskOf(task) ?? []);
