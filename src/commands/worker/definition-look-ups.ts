// Definitions of a Conductor server, kept for a while: tasks of one workflow need the same ones.
import type { JsonObject } from '../../json.ts';
import { remembered } from '../../remembered.ts';
import { type DefinitionsAt, Denied } from './conductor.ts';
import { Misfit } from './definition.ts';

/** How long an answer about what is registered holds. */
const REGISTERED_MS = 5_000;
/** Definitions of each kind. */
const MOST_KEPT = 200;

/** Whether an answer that is kept will do. */
export type Freshness = 'kept' | 'fresh';

/** `server`, asked once for what several tasks need. What it throws: Misfit where the server refuses, Unreachable. */
export function definitionLookUps(server: DefinitionsAt) {
  /** @param lifeMs how long an answer holds */
  function cached<Key extends (string | number)[]>(
    what: string,
    ask: (...key: Key) => Promise<JsonObject | undefined>,
    lifeMs: number,
  ) {
    const kept = remembered<{ answer: Promise<JsonObject | undefined>; until: number }>({ most: MOST_KEPT });
    return async (...[how, ...key]: [Freshness, ...Key]): Promise<JsonObject | undefined> => {
      const id = JSON.stringify(key);
      const known = how === 'kept' ? kept.get(id) : undefined;
      if (known !== undefined && Date.now() < known.until) return known.answer;
      const answer = ask(...key);
      kept.set(id, { answer, until: Date.now() + lifeMs });
      try {
        return await answer;
      } catch (error) {
        kept.forget(id);
        if (error instanceof Denied)
          throw new Misfit(`The Conductor server does not let the worker read ${what} (${error.message})`);
        throw error;
      }
    };
  }
  const execution = cached('executions', server.execution, Number.POSITIVE_INFINITY);
  const workflow = cached('workflow definitions', server.workflow, REGISTERED_MS);
  const task = cached('task definitions', server.task, REGISTERED_MS);
  return {
    execution: (id: string, how: Freshness) => execution(how, id),
    workflow: (name: string, version: number, how: Freshness) => workflow(how, name, version),
    task: (name: string, how: Freshness) => task(how, name),
  };
}
