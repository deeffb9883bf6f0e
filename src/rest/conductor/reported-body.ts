// Hides secret values in the results, outputs and log lines that workers report to the Conductor server.
import { isDeepStrictEqual } from 'node:util';
import type { EngineTasks } from '../../conductor/engine-tasks.ts';
import { type EngineTask, Unreachable } from '../../conductor/task.ts';
import type { TaskResult } from '../../conductor/task-secrets.ts';
import { BadInput, TaskRefused, Unavailable } from '../../errors.ts';
import { HttpError, type Incoming } from '../../http/exchange.ts';
import { isJsonObject, type Json, type JsonObject, parseJson, withoutMark } from '../../primitives/json.ts';
import type { Session } from '../../session/session.ts';
import { contentType } from '../body.ts';
import type { BodyKind, ForwardedRequest } from './forwarded-requests.ts';
import { isJson, LONGEST_DATA } from './held-answer.ts';
import { requirePolledType } from './polled-types.ts';

interface Reporting {
  request: ForwardedRequest;
  session: Session;
  tasks: EngineTasks;
}

/** Changes the JSON of a body. Returns the same JSON if nothing has to be hidden. */
type Hide = (json: JsonObject, reporting: Reporting) => Promise<JsonObject>;

const HIDE: Partial<Record<BodyKind, Hide>> = {
  'task result': async (json, { request, session, tasks }) => {
    const task = await reportedTask(json, tasks);
    // The answer has the next task of the same type.
    if (request.answer === 'tasks') requirePolledType([task.taskType]);
    return hiddenResult(json, [task], session);
  },
  'task output': async (json, { request: { params }, session, tasks }) => {
    const { taskId, workflowId = '', ref = '' } = params;
    const found = known(taskId === undefined ? await tasks.byReference(workflowId, ref) : [await tasks.byId(taskId)]);
    if (found.length > 0) return hiddenOutput(json, found, session, params.status !== RUNNING);
    // The Conductor server can decode the reference name in another way than the gateway, and find a task.
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
 * Returns the body to forward in place of the caller's body, or undefined if the caller's body is forwarded byte for byte.
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

/** The task of a result. A task that the Conductor server does not have is returned too, so that its values are hidden. */
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

/** The status of a task that goes on after the result. */
const RUNNING = 'IN_PROGRESS';
/** The members of a result that are forwarded as the worker sent them: ids of the engine, the status, and times. */
const UNHIDDEN = new Set(['taskId', 'workflowInstanceId', 'status', 'callbackAfterSeconds', 'extendLease']);

/** The names of the members of a result that `TaskResult` has no members for. The Conductor server stores some of these members. */
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

/** A failure in place of a result that cannot be masked. */
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

/** Hides values in JSON that is not the output of one of these tasks. No value is captured. */
async function hiddenData(variables: Json, tasks: readonly EngineTask[], session: Session): Promise<Json> {
  let hidden = variables;
  for (const task of tasks) hidden = (await session.taskSecrets.hideResult(task, { logs: [hidden] })).logs?.[0] ?? null;
  return isDeepStrictEqual(hidden, variables) ? variables : hidden;
}

/** Hides values in a log line. The Conductor server stores the text of the body. */
async function hiddenLine(
  bytes: Buffer,
  isDeclaredLatin1: boolean,
  { request, session, tasks }: Reporting,
): Promise<Buffer | undefined> {
  const { taskId = '' } = request.params;
  // Servers read text without a charset as UTF-8 or as ISO-8859-1.
  const encoding = !isDeclaredLatin1 && isUtf8(bytes) ? 'utf8' : 'latin1';
  const line = bytes.toString(encoding);
  const task = (await tasks.byId(taskId)) ?? unknownTask(taskId, '');
  const { logs } = await session.taskSecrets.hideResult(task, { logs: [line] });
  const [hidden] = logs ?? [];
  return hidden === line ? undefined : Buffer.from(String(hidden), encoding);
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/**
 * Refuses a body in a format that the Conductor server could read and the gateway cannot, such as YAML or CBOR. A log line is text, even if its
 * content type is another one. @throws HttpError 415
 */
export function requireReadable(incoming: Incoming, kind: BodyKind): void {
  const { media, charset } = contentType(incoming);
  const isText = kind === 'log line' || ['', 'text/plain', 'application/octet-stream'].includes(media) || isJson(media);
  const isKnown =
    charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset) || (kind === 'log line' && isLatin1(charset));
  if (!isText || !isKnown) throw new HttpError(415, 'BAD_REQUEST', 'The request body must be JSON or text, in UTF-8.');
}

const isLatin1 = (charset: string | undefined): boolean => charset !== undefined && /^iso-8859-1$/i.test(charset);

/** The body as a JSON object. Undefined if the body is empty. @throws HttpError 400, 415; BadInput */
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
