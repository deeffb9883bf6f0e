// Definitions of a Conductor server, kept for a while: tasks of one workflow need the same ones.
import type { JsonObject } from '../../json.ts';
import { remembered } from '../../remembered.ts';
import { type DefinitionsAt, Denied } from './conductor.ts';
import { Misfit } from './definition.ts';

/** How long an answer about what is registered holds. */
const REGISTERED_MS = 5_000;
/** Characters of JSON, of the answers of each kind together. */
const ROOM = 4 * 1_024 * 1_024;

/** Whether an answer that is kept will do. */
export type Freshness = 'kept' | 'fresh';

/** `server`, asked once for what several tasks need. What it throws: Misfit where the server refuses, Unreachable. */
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

/** @param lifeMs how long an answer holds */
function cached<Key extends (string | number)[]>(
  what: string,
  ask: (...key: Key) => Promise<Answer>,
  lifeMs: number,
): (...of: [Freshness, ...Key]) => Promise<Answer> {
  const kept = remembered<{ answer: Answer; size: number; until: number }>({ most: ROOM, weigh: ({ size }) => size });
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
