// Caches definitions of a Conductor server for a short time, because the tasks of a workflow need the same ones.

import { LRUCache } from 'lru-cache';
import type { JsonObject } from '../primitives/json.ts';
import { type DefinitionsAt, Denied } from './conductor.ts';
import { Misfit } from './definition.ts';

/** How long a registered definition stays cached. */
const REGISTERED_MS = 5_000;
/** Size of the cache of each kind of definition, in characters of JSON. */
const ROOM = 4 * 1_024 * 1_024;

/** Whether a cached answer may be used. */
export type Freshness = 'kept' | 'fresh';

/** `server` with a cache and one request for concurrent reads of the same definition. The reads throw Misfit if the server denies access, and Unreachable. */
export function definitionLookUps(server: DefinitionsAt) {
  const execution = cached('executions', server.execution, Number.POSITIVE_INFINITY);
  const workflow = cached('workflow definitions', server.workflow, REGISTERED_MS);
  const task = cached('task definitions', server.task, REGISTERED_MS);
  return {
    execution: (id: string, how: Freshness) => execution(how, id),
    workflow: (name: string, version: number, how: Freshness) => workflow(how, name, version),
    task: (name: string, how: Freshness) => task(how, name),
  };
}

type Answer = JsonObject | undefined;

/** @param lifeMs how long an answer stays cached */
function cached<Key extends (string | number)[]>(
  what: string,
  ask: (...key: Key) => Promise<Answer>,
  lifeMs: number,
): (...of: [Freshness, ...Key]) => Promise<Answer> {
  const kept = new LRUCache<string, { answer: Answer; size: number; until: number }>({
    maxSize: ROOM,
    sizeCalculation: ({ size }) => size,
  });
  const asking = new Map<string, Promise<Answer>>();

  async function asked(id: string, key: Key): Promise<Answer> {
    try {
      const answer = await ask(...key);
      const size = id.length + (answer === undefined ? 0 : JSON.stringify(answer).length);
      kept.set(id, { answer, size, until: Date.now() + lifeMs });
      return answer;
    } catch (error) {
      if (error instanceof Denied)
        throw new Misfit(`The Conductor server does not let the worker read ${what} (${error.message})`);
      throw error;
    } finally {
      asking.delete(id);
    }
  }
  return async (how, ...key) => {
    const id = JSON.stringify(key);
    const known = how === 'kept' ? kept.get(id) : undefined;
    if (known !== undefined && Date.now() < known.until) return known.answer;
    const underWay = how === 'kept' ? asking.get(id) : undefined;
    const answer = underWay ?? asked(id, key);
    asking.set(id, answer);
    return answer;
  };
}
