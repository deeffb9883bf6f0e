// Decides whether the gateway can keep the new value of an UPDATE_SECRET task out of the data that the engine stores.
import { type Expression, partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';

/** The expressions of one workflow definition. */
export interface Readings {
  /**
   * Whether `secretValue` is exactly one expression for the output of another task, and no other place of the workflow definition reads this output,
   * a part of this output, or an object that contains this output.
   */
  isOnlyReading(secretValue: string): boolean;
}

export function readingsIn(definition: JsonObject): Readings {
  let paths: (readonly string[] | undefined)[] | undefined;
  return {
    isOnlyReading(secretValue) {
      const parts = partsOf(secretValue);
      const [only] = parts;
      const path = parts.length === 1 && typeof only === 'object' ? pathOf(only) : undefined;
      if (path === undefined || path.length < 3 || path[0] === 'workflow' || path[1] !== 'output') return false;
      paths ??= expressionsIn(definition).map(pathOf);
      // An expression without a certain path could read everything.
      const overlaps = paths.filter((other) => other?.some((part, i) => i < path.length && part !== path[i]) !== true);
      return overlaps.length === 1;
    },
  };
}

/** Returns the path that an expression reads, such as `['login', 'output', 'token']`. Returns undefined if the path is not certain. */
function pathOf({ text, nested }: Expression): string[] | undefined {
  const inner = text.slice(2, -1).trim();
  if (nested || !/^[^\s"'()*?@$]+$/.test(inner.replaceAll(/\['[^']*'\]|\["[^"]*"\]/g, ''))) return undefined;
  return inner
    .replaceAll(/\[\s*(?:'([^']*)'|"([^"]*)"|(\d+))\s*\]/g, (_, one, two, three) => `.${one ?? two ?? three}`)
    .split('.')
    .filter((part) => part !== '');
}

function expressionsIn(json: Json | undefined): Expression[] {
  if (typeof json === 'string') return partsOf(json).filter((part) => typeof part !== 'string');
  if (Array.isArray(json)) return json.flatMap(expressionsIn);
  return isJsonObject(json) ? Object.values(json).flatMap(expressionsIn) : [];
}
