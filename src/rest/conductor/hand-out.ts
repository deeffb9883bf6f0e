// Fills secret values into the tasks that a worker polls, with the permissions of the worker's principal.

import type { EngineTasks } from '../../conductor/engine-tasks.ts';
import { type EngineTask, engineTaskOf } from '../../conductor/task.ts';
import { BadInput, TaskRefused, Unauthenticated, Unavailable } from '../../errors.ts';
import { HttpError, type Outgoing } from '../../http/exchange.ts';
import { isJsonObject, type Json, type JsonObject, parseJson } from '../../primitives/json.ts';
import type { Session } from '../../session/session.ts';
import { chunksOf, isJson, LONGEST_DATA, mediaOf, withBody } from './held-answer.ts';
import { listElements } from './list-elements.ts';

/** The worker of the gateway resolves the references of these tasks itself. */
const RESOLVED_BY_WORKER = new Set(['HTTP_WITH_SECRETS', 'UPDATE_SECRET']);
/** The number of seconds until a task is available in its queue again, after the gateway failed to fill in its secrets. */
const PUT_BACK_SECONDS = 5;
/** Maximum number of concurrent requests that end tasks or put tasks back. */
const MOST_REQUESTS = 8;

/**
 * Maximum number of characters of a group of tasks. The gateway fills in the secrets of one group at a time, because a resolve operation has a size
 * limit. Without groups, several long tasks together could exceed the size limit.
 */
const LONGEST_GROUP = 256 * 1024;

/** A polled task with its secret values, or the reason why the gateway could not fill in the secret values. */
type Outcome =
  | { readonly deliver: Json }
  | { readonly fail: EngineTask; readonly reason: string; readonly isFinal: boolean; readonly error?: unknown }
  | { readonly putBack: EngineTask; readonly polled: JsonObject; readonly error?: unknown };

/**
 * Returns the response to a poll with the secrets of its tasks. If the gateway refuses the references of a task, the gateway ends this task on the
 * Conductor server and delivers the other tasks. If secrets are unavailable, the gateway puts the task back into its queue. The function returns a
 * response without references byte for byte.
 * @throws Unavailable if the gateway can deliver no task because secrets are unavailable; Unauthenticated; HttpError 502
 */
export async function handOut(answer: Outgoing, session: Session, tasks: EngineTasks): Promise<Outgoing> {
  const { bytes, rest } = await polledIn(answer);
  const text = bytes.toString('utf8');
  if (text.trim() === '') return { ...answer, body: bytes };
  const json = jsonOf(text);
  const polled = Array.isArray(json) ? json : [json];
  const outcomes: Outcome[] = [];
  for (const group of bytes.length > LONGEST_GROUP ? groupsOf(polled) : [polled])
    outcomes.push(...(await Promise.all(group.map((task) => outcomeOf(task, session, tasks)))));
  const delivered = outcomes.flatMap((outcome) => ('deliver' in outcome ? [outcome.deliver] : []));
  const failed = outcomes.filter((outcome) => !('deliver' in outcome));
  for (const task of rest) failed.push({ putBack: task.task, polled: task.polled });
  if (failed.length === 0 && delivered.every((task, i) => task === polled[i])) return { ...answer, body: bytes };
  await settle(failed, delivered.length > 0, tasks);
  if (delivered.length === 0) {
    const errors = failed.flatMap((outcome) =>
      'error' in outcome && outcome.error !== undefined ? [outcome.error] : [],
    );
    const unavailable = errors.find((error) => !(error instanceof BadInput));
    if (unavailable !== undefined) throw unavailable;
  }
  if (Array.isArray(json)) return withBody(answer, JSON.stringify(delivered));
  return delivered.length === 0
    ? { status: 204, headers: {}, body: '' }
    : withBody(answer, JSON.stringify(delivered[0]));
}

/** Splits tasks into groups of at most `LONGEST_GROUP` characters. If a single task is longer, its group contains only this task. */
function groupsOf(polled: readonly Json[]): Json[][] {
  const groups: Json[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const task of polled) {
    const own = JSON.stringify(task).length;
    if (length + own > LONGEST_GROUP) {
      groups.push([]);
      length = 0;
    }
    groups.at(-1)?.push(task);
    length += own;
  }
  return groups;
}

async function outcomeOf(polled: Json, session: Session, tasks: EngineTasks): Promise<Outcome> {
  const task = engineTaskOf(polled);
  if (task === undefined || !isJsonObject(polled)) return { deliver: polled };
  if (RESOLVED_BY_WORKER.has(task.taskType)) return { deliver: polled };
  try {
    const input = await session.taskSecrets.fillIn(task, 'worker');
    const names = missingMetadata(polled);
    const metadata = names.length === 0 ? undefined : await session.taskSecrets.runtimeMetadata(names, task);
    tasks.remember(task);
    const isSame = input === task.inputData || (task.inputData === undefined && Object.keys(input).length === 0);
    if (isSame && metadata === undefined) return { deliver: polled };
    const provided = isJsonObject(polled.runtimeMetadata) ? polled.runtimeMetadata : {};
    return {
      deliver: {
        ...polled,
        ...(!isSame && { inputData: input }),
        ...(metadata !== undefined && { runtimeMetadata: { ...provided, ...Object.fromEntries(metadata) } }),
      },
    };
  } catch (error) {
    if (error instanceof TaskRefused) return { fail: task, reason: error.message, isFinal: true };
    const isTemporary = error instanceof Unavailable || error instanceof Unauthenticated || error instanceof HttpError;
    // The task may exceed the size limit only in combination with other tasks of the response. The gateway therefore puts the task back into its queue.
    if (isTemporary || error instanceof BadInput) return { putBack: task, polled, error };
    // The engine limits the number of retries, so the task cannot fail in an endless loop.
    return { fail: task, reason: 'The gateway could not fill in the secrets of this task.', isFinal: false, error };
  }
}

/** Returns the names in `runtimeMetadata` of the task definition for which the Conductor server has not added a value. */
function missingMetadata({ workflowTask, runtimeMetadata }: JsonObject): string[] {
  const { taskDefinition } = isJsonObject(workflowTask) ? workflowTask : {};
  const declared = isJsonObject(taskDefinition) ? taskDefinition.runtimeMetadata : undefined;
  const provided = isJsonObject(runtimeMetadata) ? runtimeMetadata : {};
  const names = Array.isArray(declared) ? declared.filter((name): name is string => typeof name === 'string') : [];
  return names.filter((name) => !Object.hasOwn(provided, name));
}

const isTooLarge = (outcome: Outcome): boolean => 'putBack' in outcome && outcome.error instanceof BadInput;

/** Ends each refused task on the Conductor server, and puts each task whose secrets are unavailable back into its queue. */
async function settle(failed: readonly Outcome[], othersDelivered: boolean, tasks: EngineTasks): Promise<void> {
  // The gateway ends a task that alone exceeds the size limit, because the task would exceed the limit at every poll.
  const tooLarge = othersDelivered ? undefined : failed.find((outcome) => isTooLarge(outcome));
  const work = failed.map((outcome) => async () => {
    if ('fail' in outcome) return tasks.fail(outcome.fail, outcome.reason, outcome.isFinal);
    if (!('putBack' in outcome)) return true;
    const { putBack: task, polled, error } = outcome;
    if (outcome === tooLarge && error instanceof BadInput)
      return tasks.fail(task, `The gateway cannot fill in the secrets of this task. ${error.message}`, true);
    return tasks.putBack(task, polled, error === undefined || isTooLarge(outcome) ? 0 : PUT_BACK_SECONDS);
  });
  for (let i = 0; i < work.length; i += MOST_REQUESTS)
    await Promise.all(work.slice(i, i + MOST_REQUESTS).map((settleOne) => settleOne()));
}

interface Polled {
  /** The JSON of the tasks that the gateway delivers to the worker. */
  bytes: Buffer;
  /** The tasks that the gateway puts back into their queue because the list is too long. */
  rest: { task: EngineTask; polled: JsonObject }[];
}

/** Reads the tasks in the response to a poll. @throws HttpError 502 if one task is too long, or if the response is incomplete */
async function polledIn(answer: Outgoing): Promise<Polled> {
  const chunks: Buffer[] = [];
  let size = 0;
  let elements: ReturnType<typeof listElements> | undefined;
  const handedOut: Buffer[] = [];
  let handedOutBytes = 0;
  const rest: Polled['rest'] = [];
  const sort = (found: readonly Buffer[]) => {
    for (const element of found) {
      handedOutBytes += element.length;
      if (handedOutBytes <= LONGEST_DATA) handedOut.push(element);
      else {
        const polled = jsonOf(element.toString('utf8'));
        const task = engineTaskOf(polled);
        // To put a task back into its queue, the gateway needs only the ids and the current output of the task.
        if (task !== undefined && isJsonObject(polled))
          rest.push({
            task: { ...task, inputData: undefined, workflowTask: undefined },
            polled: { ...polled, inputData: null, workflowTask: null },
          });
      }
    }
  };
  for await (const chunk of chunksOf(answer.body)) {
    if (elements !== undefined) {
      sort(elements.add(chunk));
      continue;
    }
    chunks.push(chunk);
    size += chunk.length;
    if (size <= LONGEST_DATA) continue;
    const all = Buffer.concat(chunks.splice(0));
    if (!/^\s*\[/.test(all.toString('latin1', 0, 64)))
      throw new HttpError(
        502,
        'UPSTREAM_UNAVAILABLE',
        `The Conductor server returned a task of more than ${LONGEST_DATA} bytes.`,
      );
    elements = listElements(LONGEST_DATA);
    sort(elements.add(all));
  }
  if (elements === undefined) return { bytes: Buffer.concat(chunks), rest };
  return { bytes: Buffer.from(`[${handedOut.map((element) => element.toString('utf8')).join(',')}]`), rest };
}

/** Whether the status and the headers of a response allow a body with tasks. */
export function hasTasks({ status, headers }: Outgoing): boolean {
  return status === 200 && isJson(mediaOf(headers));
}

/** @throws HttpError 502 */
function jsonOf(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    throw new HttpError(502, 'UPSTREAM_UNAVAILABLE', 'The response of the Conductor server is not valid JSON.');
  }
}
