// Hides secret values in the results, outputs and log lines that workers report to the Conductor server.
import { isUtf8 } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import type { EngineTasks } from '../../conductor/engine-tasks.ts';
import { type EngineTask, Unreachable } from '../../conductor/task.ts';
import type { TaskResult } from '../../conductor/task-secrets.ts';
import { BadInput, TaskRefused, Unavailable } from '../../errors.ts';
import { HttpError, type Incoming } from '../../http/exchange.ts';
import { isJsonObject, type Json, type JsonObject, parseJson, withoutMark } from '../../primitives/json.ts';
import type { Session } from '../../session/session.ts';
import { contentType, isUtf8Charset } from '../body.ts';
import type { BodyKind, ForwardedRequest } from './forwarded-requests.ts';
import { isJson, LONGEST_DATA } from './held-answer.ts';
import { requirePolledType } from './polled-types.ts';

interface Reporting {
  request: ForwardedRequest;
  session: Session;
  tasks: EngineTasks;
}

/** Hides secret values in the JSON of a body. Returns the argument itself if the JSON contains nothing to hide. */
type Hide = (json: JsonObject, reporting: Reporting) => Promise<JsonObject>;

const HIDE: Partial<Record<BodyKind, Hide>> = {
  'task result': async (json, { request, session, tasks }) => {
    const task = await reportedTask(json, tasks);
    // The response to this request contains the next task of the same type.
    if (request.answer === 'tasks') requirePolledType([task.taskType]);
    return hiddenResult(json, [task], session);
  },
  'task output': async (json, { request: { params }, session, tasks }) => {
    const { taskId, workflowId = '', ref = '' } = params;
    const found = known(taskId === undefined ? await tasks.byReference(workflowId, ref) : [await tasks.byId(taskId)]);
    if (found.length > 0) return hiddenOutput(json, found, session, params.status !== RUNNING);
    // The Conductor server can decode the reference name differently from the gateway. The Conductor server can therefore find a task that the gateway
    // does not find.
    return (await hiddenData(json, await tasks.open(workflowId), session)) as JsonObject;
  },
  signal: async (json, { request: { params }, session, tasks }) =>
    hiddenOutput(json, await tasks.blocking(params.workflowId ?? ''), session, params.status !== RUNNING),
  'workflow state': async (json, { request: { params }, session, tasks }) => {
    const { taskReferenceName, taskResult, variables } = json;
    const named =
      typeof taskReferenceName === 'string' ? await tasks.byReference(params.workflowId ?? '', taskReferenceName) : [];
    const reported =
      isJsonObject(taskResult) && typeof taskResult.taskId === 'string' ? [await reportedTask(taskResult, tasks)] : [];
    const found = [...named, ...reported];
    const result = isJsonObject(taskResult) ? await hiddenResult(taskResult, found, session) : taskResult;
    const kept = variables === undefined ? undefined : await hiddenData(variables, found, session);
    return result === taskResult && kept === variables
      ? json
      : {
          ...json,
          ...(result !== undefined && { taskResult: result }),
          ...(kept !== undefined && { variables: kept }),
        };
  },
};

/**
 * Returns the body that the gateway forwards in place of the caller's body. Returns undefined if the gateway forwards the caller's body byte for byte.
 * @throws HttpError 400, 413, 415; BadInput, Unavailable
 */
export async function reportedBody(incoming: Incoming, reporting: Reporting): Promise<Buffer | undefined> {
  const { body: kind } = reporting.request;
  const hide = HIDE[kind];
  if (hide === undefined && kind !== 'log line') return undefined;
  const bytes = await incoming.readShortBody(LONGEST_DATA);
  if (bytes === undefined) {
    const message = `The body of a task result or a log line must have at most ${LONGEST_DATA} bytes, because the gateway hides secret values in the body.`;
    throw new HttpError(413, 'BAD_REQUEST', message);
  }
  try {
    if (hide === undefined) return await hiddenLine(bytes, isLatin1(contentType(incoming).charset), reporting);
    const json = jsonOf(bytes);
    if (json === undefined) return undefined;
    const hidden = await hide(json, reporting);
    return hidden === json ? undefined : Buffer.from(JSON.stringify(hidden));
  } catch (error) {
    throw error instanceof Unreachable ? new Unavailable(error) : error;
  }
}

/**
 * Returns the task of a result. If the Conductor server does not have the task, the function returns the ids from the result, so that the gateway
 * still hides secret values.
 */
async function reportedTask({ taskId, workflowInstanceId }: JsonObject, tasks: EngineTasks): Promise<EngineTask> {
  if (typeof taskId !== 'string') throw new BadInput('taskId', 'a required string');
  const task = await tasks.byId(taskId);
  if (task !== undefined) return task;
  if (typeof workflowInstanceId !== 'string') throw new BadInput('workflowInstanceId', 'a required string');
  return unknownTask(taskId, workflowInstanceId);
}

const unknownTask = (taskId: string, workflowInstanceId: string): EngineTask => ({
  ...{ taskId, workflowInstanceId, referenceTaskName: '', taskType: '' },
});

const known = (tasks: readonly (EngineTask | undefined)[]): EngineTask[] =>
  tasks.filter((task): task is EngineTask => task !== undefined);

/** The status of a task that continues after the result. */
const RUNNING = 'IN_PROGRESS';
/** The fields of a result that the gateway forwards unchanged: ids of the engine, the status, and times. */
const UNHIDDEN = new Set(['taskId', 'workflowInstanceId', 'status', 'callbackAfterSeconds', 'extendLease']);

/** Returns the names of additional fields that the type `TaskResult` does not define. The Conductor server stores some of these fields. */
function othersOf(result: JsonObject): string[] {
  const { logs, reasonForIncompletion: reason } = result;
  const parts = new Set(UNHIDDEN).add('outputData');
  if (Array.isArray(logs)) parts.add('logs');
  if (typeof reason === 'string') parts.add('reasonForIncompletion');
  return Object.keys(result).filter((name) => result[name] !== null && !parts.has(name));
}

async function hiddenResult(result: JsonObject, tasks: readonly EngineTask[], session: Session): Promise<JsonObject> {
  let hidden = result;
  for (const task of tasks) {
    const { outputData: output, reasonForIncompletion: reason, logs } = hidden;
    const lines = Array.isArray(logs) ? logs : [];
    const others = othersOf(hidden);
    try {
      const reported = {
        ...(output !== undefined && { output }),
        ...(typeof reason === 'string' && { reason }),
        logs: [...lines, ...others.map((name) => hidden[name] ?? null)],
      };
      const isFinal = result.status !== RUNNING;
      const hiddenParts = await session.taskSecrets.hideResult(task, reported, undefined, { isFinal });
      const maskedLogs = hiddenParts.logs ?? [];
      hidden = {
        ...hidden,
        ...(output !== undefined && { outputData: hiddenParts.output ?? null }),
        ...(typeof reason === 'string' && { reasonForIncompletion: hiddenParts.reason ?? null }),
        ...(Array.isArray(logs) && { logs: maskedLogs.slice(0, lines.length) }),
        ...Object.fromEntries(others.map((name, i) => [name, maskedLogs[lines.length + i] ?? null])),
      };
    } catch (error) {
      if (!(error instanceof TaskRefused)) throw error;
      return discarded(hidden, error);
    }
  }
  return isDeepStrictEqual(hidden, result) ? result : hidden;
}

/** Returns a failed result that replaces a result which the gateway cannot mask. */
function discarded({ taskId, workflowInstanceId, workerId }: JsonObject, { message }: TaskRefused): JsonObject {
  return {
    ...{ taskId: taskId ?? null, workflowInstanceId: workflowInstanceId ?? null, workerId: workerId ?? null },
    ...{ status: 'FAILED_WITH_TERMINAL_ERROR', reasonForIncompletion: message, outputData: {}, logs: [] },
  };
}

async function hiddenOutput(
  output: JsonObject,
  tasks: readonly EngineTask[],
  session: Session,
  isFinal: boolean,
): Promise<JsonObject> {
  let hidden: Json = output;
  for (const task of tasks) {
    const result: TaskResult = { output: hidden };
    hidden = (await session.taskSecrets.hideResult(task, result, undefined, { isFinal })).output ?? null;
  }
  return isDeepStrictEqual(hidden, output) ? output : (hidden as JsonObject);
}

/** Hides secret values of the tasks in JSON that is not a task output. The function captures no value. */
async function hiddenData(variables: Json, tasks: readonly EngineTask[], session: Session): Promise<Json> {
  let hidden = variables;
  for (const task of tasks) hidden = (await session.taskSecrets.hideResult(task, { logs: [hidden] })).logs?.[0] ?? null;
  return isDeepStrictEqual(hidden, variables) ? variables : hidden;
}

/** Hides secret values in a log line. The Conductor server stores the body as plain text. */
async function hiddenLine(
  bytes: Buffer,
  isDeclaredLatin1: boolean,
  { request, session, tasks }: Reporting,
): Promise<Buffer | undefined> {
  const { taskId = '' } = request.params;
  // If the content type names no charset, some servers decode the text as UTF-8, and other servers as ISO-8859-1.
  const encoding = !isDeclaredLatin1 && isUtf8(bytes) ? 'utf8' : 'latin1';
  const line = bytes.toString(encoding);
  const task = (await tasks.byId(taskId)) ?? unknownTask(taskId, '');
  const { logs } = await session.taskSecrets.hideResult(task, { logs: [line] });
  const [hidden] = logs ?? [];
  return hidden === line ? undefined : Buffer.from(String(hidden), encoding);
}

/**
 * Refuses formats that the Conductor server can parse but the gateway cannot, such as YAML or CBOR. The function ignores the content type of a log line,
 * and treats the log line as plain text. @throws HttpError 415
 */
export function requireReadable(incoming: Incoming, kind: BodyKind): void {
  const { media, charset } = contentType(incoming);
  const isText = kind === 'log line' || ['', 'text/plain', 'application/octet-stream'].includes(media) || isJson(media);
  const isKnown = isUtf8Charset(charset) || (kind === 'log line' && isLatin1(charset));
  if (!isText || !isKnown) throw new HttpError(415, 'BAD_REQUEST', 'The request body must be JSON or text, in UTF-8.');
}

const isLatin1 = (charset: string | undefined): boolean => charset !== undefined && /^iso-8859-1$/i.test(charset);

/** Parses the body as a JSON object. Returns undefined if the body is empty. @throws HttpError 400, 415; BadInput */
function jsonOf(bytes: Buffer): JsonObject | undefined {
  // UTF-16 can be valid UTF-8, but contains NUL.
  if (!isUtf8(bytes) || bytes.includes(0))
    throw new HttpError(415, 'BAD_REQUEST', 'The request body must be JSON in UTF-8.');
  const text = withoutMark(bytes.toString('utf8'));
  if (text.trim() === '') return undefined;
  let json: Json;
  try {
    json = parseJson(text);
  } catch {
    throw new HttpError(400, 'BAD_USER_INPUT', 'The request body is not valid JSON.');
  }
  if (!isJsonObject(json)) throw new BadInput('body', 'a JSON object');
  return json;
}
