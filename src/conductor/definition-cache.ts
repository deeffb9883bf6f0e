// Caches workflow definitions and task definitions of a Conductor server for a short time, because all tasks of a workflow need the same definitions.

import { LRUCache } from 'lru-cache';
import type { JsonObject } from '../primitives/json.ts';
import { type DefinitionsAt, Denied, InvalidTask } from './task.ts';

/** The time in milliseconds for which the worker caches a registered definition. */
const REGISTERED_MS = 5_000;
/**
 * Maximum size of each of the two caches, in characters of JSON. One cache contains workflow definitions, and the other cache contains task
 * definitions.
 */
const MAX_CACHE_SIZE = 4 * 1_024 * 1_024;

/** With `cached`, the worker may use a cached answer. With `fresh`, the worker must send a new request to the Conductor server. */
export type Freshness = 'cached' | 'fresh';

/**
 * Reads workflow definitions and task definitions from `server`, and caches the definitions. The workflow definition of an execution is cached for
 * `executionMs` milliseconds. Concurrent reads of one definition share one request. If
 * the Conductor server denies access, the methods throw InvalidTask. If the Conductor server does not answer, the methods throw Unreachable.
 */
export function definitionCache(server: DefinitionsAt, executionMs: number) {
  const execution = cached('executions', server.execution, executionMs, false);
  const workflow = cached('workflow definitions', server.workflow, REGISTERED_MS);
  const task = cached('task definitions', server.task, REGISTERED_MS);
  /** Only the id of the execution is cached, because tasks can be large. */
  const executionOfTask = cached(
    'tasks',
    async (taskId: string) => {
      const id = (await server.scheduledTask?.(taskId))?.workflowInstanceId;
      return typeof id === 'string' ? { id } : undefined;
    },
    Number.POSITIVE_INFINITY,
    false,
  );
  return {
    execution: (id: string, freshness: Freshness) => execution(freshness, id),
    workflow: (name: string, version: number, freshness: Freshness) => workflow(freshness, name, version),
    task: (name: string, freshness: Freshness) => task(freshness, name),
    /** INVARIANT: data of executions is never cached, because archiving changes the data. */
    fromExecution: <T>(id: string, pick: (execution: JsonObject) => T): Promise<T | undefined> =>
      unlessDenied('executions', async () => server.fromExecution?.(id, pick)),
    executionOfTask: (taskId: string, freshness: Freshness) => executionOfTask(freshness, taskId),
  };
}

type Answer = JsonObject | undefined;

/**
 * @param lifeMs the time in milliseconds for which an answer is cached
 * @param cachesMissing whether the answer that something is missing is cached too
 */
function cached<Key extends (string | number)[]>(
  kind: string,
  read: (...key: Key) => Promise<Answer>,
  lifeMs: number,
  cachesMissing = true,
): (...of: [Freshness, ...Key]) => Promise<Answer> {
  const answers = new LRUCache<string, { answer: Answer; size: number; until: number }>({
    maxSize: MAX_CACHE_SIZE,
    sizeCalculation: ({ size }) => size,
  });
  const pending = new Map<string, Promise<Answer>>();

  async function readAndCache(cacheKey: string, key: Key): Promise<Answer> {
    try {
      const answer = await unlessDenied(kind, () => read(...key));
      const size = cacheKey.length + (answer === undefined ? 0 : JSON.stringify(answer).length);
      // INVARIANT: a missing execution is looked up again, because its data would be shown without the masks of its workflow definition.
      if (answer !== undefined || cachesMissing) answers.set(cacheKey, { answer, size, until: Date.now() + lifeMs });
      return answer;
    } finally {
      pending.delete(cacheKey);
    }
  }
  return async (freshness, ...key) => {
    const cacheKey = JSON.stringify(key);
    const found = freshness === 'cached' ? answers.get(cacheKey) : undefined;
    if (found !== undefined && Date.now() < found.until) return found.answer;
    const answer = (freshness === 'cached' ? pending.get(cacheKey) : undefined) ?? readAndCache(cacheKey, key);
    pending.set(cacheKey, answer);
    return answer;
  };
}

/** @throws InvalidTask if the Conductor server denies access; the other errors of `read` */
async function unlessDenied<T>(kind: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Denied)
      throw new InvalidTask(`The Conductor server does not allow reading ${kind} (${error.message})`);
    throw error;
  }
}
