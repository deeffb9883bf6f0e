// The types of tasks and workflow definitions of a Conductor server, and the errors of reading workflow definitions.
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';

/** A task of a workflow execution, with the fields that decide which references to secrets the task has. */
export interface Task {
  taskId: string;
  workflowInstanceId: string;
  /** The reference name of the task in the execution. In a loop, the reference name ends with `__N`, where N is the number of the iteration. */
  referenceTaskName: string;
  inputData?: Json | undefined;
  /** The definition of the task inside the execution. */
  workflowTask?: Json | undefined;
  /** The path of the input in the engine's external storage, if the input was too large for the engine's database. */
  externalInputPayloadStoragePath?: Json | undefined;
}

/** The fields of the engine's task JSON that the gateway needs for audit events and checks. */
export interface EngineTask extends Task {
  /** The type of the task. For a SIMPLE task, the type is the name of the task. */
  taskType: string;
  taskDefName?: string | undefined;
  /** The name of the workflow. */
  workflowType?: string | undefined;
  workflowVersion?: number | undefined;
}

/** Whether `id` can be the id of a task or a workflow of the engine. The gateway stores no other ids. */
export const isEngineId = (id: Json | undefined): id is string =>
  typeof id === 'string' && /^[\x21-\x7e]{1,255}$/.test(id);

/** Reads a task from the engine's JSON. Returns undefined if the JSON lacks an id, a type, or the reference name. */
export function engineTaskOf(json: Json | undefined): EngineTask | undefined {
  if (!isJsonObject(json)) return undefined;
  const { taskId, workflowInstanceId, referenceTaskName, taskType, taskDefName, workflowType, workflowVersion } = json;
  if (!isEngineId(taskId) || !isEngineId(workflowInstanceId)) return undefined;
  if (typeof taskType !== 'string' || typeof referenceTaskName !== 'string') return undefined;
  return {
    ...{ taskId, workflowInstanceId, referenceTaskName, taskType },
    taskDefName: typeof taskDefName === 'string' ? taskDefName : undefined,
    workflowType: typeof workflowType === 'string' ? workflowType : undefined,
    workflowVersion: typeof workflowVersion === 'number' ? workflowVersion : undefined,
    inputData: json.inputData,
    workflowTask: json.workflowTask,
    externalInputPayloadStoragePath: json.externalInputPayloadStoragePath,
  };
}

/**
 * Reads workflow definitions and task definitions from the Conductor server. A method returns undefined if the server responds with status 404.
 * @throws Unreachable, Denied
 */
export interface DefinitionsAt {
  /** Returns the workflow execution without its tasks. The execution contains the workflow definition that was used to start the execution. */
  execution(workflowId: string): Promise<JsonObject | undefined>;
  workflow(name: string, version: number): Promise<JsonObject | undefined>;
  task(name: string): Promise<JsonObject | undefined>;
  /**
   * Reads the execution with its data and its tasks, and returns the result of `pick`. The data can have any size and any nesting, so `pick` must
   * return only what the caller needs. A worker does not need this method.
   */
  fromExecution?<T>(workflowId: string, pick: (execution: JsonObject) => T): Promise<T | undefined>;
  /** Returns a task of an execution. A worker does not need this method. */
  scheduledTask?(taskId: string): Promise<JsonObject | undefined>;
}

/** An error: the Conductor server did not respond, or the response cannot be used. */
export class Unreachable extends Error {}

/** An error: the Conductor server denies access to a workflow definition or a task definition. */
export class Denied extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

/** Whether the status means that the server denies a request. After the other client errors, the same request can succeed later. */
export const isDenial = (status: number): boolean => status >= 400 && status < 500 && ![401, 408, 429].includes(status);

/** An error: the task is invalid. The message names a position in the task, and never quotes the contents of the task. */
export class InvalidTask extends Error {}

/** An error: the task has a reference to a secret in a place where no reference is resolved. */
export class UnsupportedPlace extends InvalidTask {}
