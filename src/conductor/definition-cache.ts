// Caches workflow definitions and task definitions of a Conductor server for a short time, because all tasks of a workflow need the same definitions.

import { LRUCache } from 'lru-cache';
import type { JsonObject } from '../primitives/json.ts';
import { type DefinitionsAt, Denied, InvalidTask } from './task.ts';

/** The time in milliseconds for which a registered definition is cached. */
const REGISTERED_MS = 5_000;
/**
 * The time in milliseconds for which the gateway remembers that a task definition is missing. Many tasks have no task definition, and a Conductor
 * server logs each search for a missing task definition as an error.
 */
const MISSING_TASK_MS = 60_000;
/**
 * Maximum size of each of the two caches, in characters of JSON. One cache contains workflow definitions, and the other cache contains task
 * definitions.
 */
const MAX_CACHE_SIZE = 4 * 1_024 * 1_024;

/**
 * The maximum age of a lookup result. `cached`: the result can come from the cache. `recent`: the result can come from the cache, but a result
 * "missing" expires as early as a cached definition. `fresh`: the gateway sends a new request to the Conductor server.
 */
export type Freshness = 'cached' | 'recent' | 'fresh';

/**
 * Reads workflow definitions and task definitions from `server`, and caches the definitions. The workflow definition of an execution is cached for
 * `executionMs` milliseconds. Concurrent reads of one definition share one request. If
 * the Conductor server denies access, the methods throw InvalidTask. If the Conductor server does not respond, the methods throw Unreachable.
 */
export function definitionCache(server: DefinitionsAt, executionMs: number) {
  const execution = cached('executions', server.execution, { foundMs: executionMs, missingMs: NEVER });
  const workflow = cached('workflow definitions', server.workflow, {
    foundMs: REGISTERED_MS,
    missingMs: REGISTERED_MS,
  });
  const task = cached('task definitions', server.task, { foundMs: REGISTERED_MS, missingMs: MISSING_TASK_MS });
  /** The cache stores only the id of the task's execution, because tasks can be large. */
  const executionOfTask = cached(
    'tasks',
    async (taskId: string) => {
      const id = (await server.scheduledTask?.(taskId))?.workflowInstanceId;
      return typeof id === 'string' ? { id } : undefined;
    },
    { foundMs: Number.POSITIVE_INFINITY, missingMs: NEVER },
  );
  return {
    execution: (id: string, freshness: Freshness) => execution.get(freshness, id),
    workflow: (name: string, version: number, freshness: Freshness) => workflow.get(freshness, name, version),
    task: (name: string, freshness: Freshness) => task.get(freshness, name),
    /** Deletes all cache entries for missing task definitions. The gateway calls this method after a request that registers task definitions. */
    forgetMissingTasks: () => task.forgetMissing(),
    /** INVARIANT: data of executions is never cached, because archiving changes the data. */
    fromExecution: <T>(id: string, pick: (execution: JsonObject) => T): Promise<T | undefined> =>
      unlessDenied('executions', async () => server.fromExecution?.(id, pick)),
    executionOfTask: (taskId: string, freshness: Freshness) => executionOfTask.get(freshness, taskId),
  };
}

type Answer = JsonObject | undefined;

/**
 * INVARIANT: the cache never stores that an execution is missing. Otherwise, the gateway would later show data of the execution without the masks of
 * its workflow definition.
 */
const NEVER = 0;

/** The times in milliseconds for which the cache stores a lookup result. */
interface Lives {
  foundMs: number;
  /** The time in milliseconds for which the cache stores that a definition is missing. */
  missingMs: number;
}

function cached<Key extends (string | number)[]>(
  kind: string,
  read: (...key: Key) => Promise<Answer>,
  { foundMs, missingMs }: Lives,
) {
  const answers = new LRUCache<string, { answer: Answer; size: number; at: number }>({
    maxSize: MAX_CACHE_SIZE,
    sizeCalculation: ({ size }) => size,
  });
  const pending = new Map<string, Promise<Answer>>();
  /** Counts the calls of `forgetMissing`. If the count changes during a lookup, the cache does not store that a definition is missing. */
  let forgotten = 0;

  async function readAndCache(cacheKey: string, key: Key): Promise<Answer> {
    const begin = forgotten;
    try {
      const answer = await unlessDenied(kind, () => read(...key));
      const size = cacheKey.length + (answer === undefined ? 0 : JSON.stringify(answer).length);
      const isKept = answer !== undefined || (missingMs !== NEVER && begin === forgotten);
      if (isKept) answers.set(cacheKey, { answer, size, at: Date.now() });
      return answer;
    } finally {
      pending.delete(cacheKey);
    }
  }

  return {
    async get(freshness: Freshness, ...key: Key): Promise<Answer> {
      const cacheKey = JSON.stringify(key);
      const found = freshness === 'fresh' ? undefined : answers.get(cacheKey);
      if (found !== undefined) {
        const longestMs = freshness === 'recent' ? Math.min(missingMs, foundMs) : missingMs;
        if (Date.now() < found.at + (found.answer === undefined ? longestMs : foundMs)) return found.answer;
      }
      const answer = (freshness === 'fresh' ? undefined : pending.get(cacheKey)) ?? readAndCache(cacheKey, key);
      pending.set(cacheKey, answer);
      return answer;
    },
    forgetMissing() {
      forgotten += 1;
      for (const [cacheKey, { answer }] of [...answers.entries()]) if (answer === undefined) answers.delete(cacheKey);
      pending.clear();
    },
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
