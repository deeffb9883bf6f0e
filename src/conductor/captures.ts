// Decides which values in the results of tasks the gateway captures. The gateway captures a new secret value if only an UPDATE_SECRET task reads the
// value.
//
// THE RULE. The definition of an UPDATE_SECRET task has a fixed `secretKey`, and its `secretValue` is exactly one expression `${task.output.path}`.
// The task named in the expression produces the value. The value is not a copy of data that the engine stores elsewhere (capture-sources.ts).
// No other expression of the workflow definition reads the path, an ancestor of the path or a descendant of the path. If these conditions are met, no
// other task needs the value. The gateway therefore seals the value, and the engine stores `***` in place of the value.

import { onlyExpression, type Path, partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json, type JsonObject, jsonPointer } from '../primitives/json.ts';
import { isSecretName } from '../secrets/secret.ts';
import { sourceOf } from './capture-sources.ts';
import { definitionOf } from './definition.ts';
import { outputReadBy } from './output-reads.ts';
import { hasDynamicFork, isNamed, loopsAround, tasksOf, withoutIteration } from './static-task.ts';
import { typeOf } from './task-types.ts';

export interface Capture {
  /** The reference name of the task whose result contains the value. The reference name does not include the suffix `__N` of a loop. */
  task: string;
  /** The path of the value in the output of the task. */
  path: Path;
  /** JSON Pointer of the value in the output of the task. */
  pointer: string;
  secretName: string;
  /** The reference name of the UPDATE_SECRET task. */
  update: string;
}

/**
 * The UPDATE_SECRET tasks of a workflow definition. For each task, the map contains either a capture or the reason why the gateway does not capture
 * the new value.
 */
export interface SecretUpdate {
  update: string;
  capture: Capture | undefined;
  reason: string | undefined;
}

/** The UPDATE_SECRET tasks of a workflow definition. */
export const updateTasksIn = (definition: JsonObject): JsonObject[] =>
  tasksOf(definition).filter((task) => typeOf(task) === 'UPDATE_SECRET');

/** The field `_secrets` in the definition of an UPDATE_SECRET task. */
function secretsOf(task: JsonObject): JsonObject {
  const secrets = definitionOf(task)?._secrets;
  return isJsonObject(secrets) ? secrets : {};
}

/** The names of the secrets that the UPDATE_SECRET tasks of a workflow definition store. */
export function namesOfUpdatedSecrets(definition: JsonObject): string[] {
  return updateTasksIn(definition).flatMap((task) => {
    const { secretKey: name } = secretsOf(task);
    return typeof name === 'string' && isSecretName(name) ? [name] : [];
  });
}

/** @param definition the registered workflow definition, with its task definitions */
export function secretUpdatesOf(definition: JsonObject): SecretUpdate[] {
  return updateTasksIn(definition).map((task) => {
    const update = typeof task.taskReferenceName === 'string' ? task.taskReferenceName : '';
    const found = captureOf(definition, task, update);
    return typeof found === 'string'
      ? { update, capture: undefined, reason: found }
      : { update, capture: found, reason: undefined };
  });
}

export const capturesOf = (definition: JsonObject): Capture[] =>
  secretUpdatesOf(definition).flatMap(({ capture }) => capture ?? []);

/** Returns the capture, or the reason why the gateway does not capture the value. */
function captureOf(definition: JsonObject, updating: JsonObject, update: string): Capture | string {
  const { secretKey, secretValue } = secretsOf(updating);
  if (typeof secretKey !== 'string' || !isSecretName(secretKey)) return '`secretKey` is not the name of a secret';
  if (typeof secretValue !== 'string') return '`secretValue` is not a string';
  const only = onlyExpression(secretValue);
  const read = only === undefined ? undefined : outputReadBy(only);
  if (read === undefined || read.path === undefined || read.path.length === 0)
    return '`secretValue` is not exactly one expression ${task.output.path}';
  const source = sourceOf(definition, { task: read.task, path: read.path });
  if (typeof source === 'string') return source;
  const { task, path } = source;
  if (hasDynamicFork(definition)) return 'the workflow has a FORK_JOIN_DYNAMIC task, whose data could read the value';
  const loops = new Set(loopsAround(definition, task));
  const named = (...types: string[]) =>
    tasksOf(definition).flatMap(({ type, taskReferenceName: name }) =>
      typeof name === 'string' && types.includes(String(type)) ? [name] : [],
    );
  const joins = named('JOIN');
  const exclusiveJoins = named('EXCLUSIVE_JOIN');
  const reader = readerOf(definition, (text, owner) => {
    if (owner === updating && text === secretValue) return false;
    return partsOf(text).some((part) => {
      if (typeof part === 'string') return false;
      if (part.nested) return part.text.includes(task);
      const other = outputReadBy(part);
      if (other === undefined) return false;
      const base = withoutIteration(other.task);
      if (loops.has(base)) return true;
      // The output of an EXCLUSIVE_JOIN task is the output of one of the joined tasks.
      if (exclusiveJoins.includes(base)) return true;
      // The output of a JOIN task contains the outputs of the joined tasks, by reference name.
      if (joins.includes(base)) {
        const [first, ...rest] = other.path ?? [];
        if (other.path === undefined || first === undefined) return true;
        const joined = withoutIteration(String(first));
        return joins.includes(joined) || exclusiveJoins.includes(joined) || (joined === task && overlaps(rest, path));
      }
      return isNamed(other.task, task) && (other.path === undefined || overlaps(other.path, path));
    });
  });
  if (reader !== undefined) return `${reader} reads the value too`;
  return { task, path, pointer: jsonPointer(path), secretName: secretKey, update };
}

const overlaps = (one: Path, other: Path) =>
  one.slice(0, other.length).every((part, i) => String(part) === String(other[i]));

/** Returns a description of the first part of the workflow definition that reads the value. */
function readerOf(definition: JsonObject, reads: (text: string, owner: JsonObject) => boolean): string | undefined {
  let found: string | undefined;
  let captured: string[] | undefined;
  const walk = (json: Json | undefined, owner: JsonObject): void => {
    if (found !== undefined) return;
    if (typeof json === 'string') {
      if (json.includes('${') && reads(json, owner))
        found = owner === definition ? 'the workflow' : `the task ${String(owner.taskReferenceName)}`;
    } else if (Array.isArray(json)) for (const item of json) walk(item, owner);
    else if (isJsonObject(json)) {
      const inner = typeof json.taskReferenceName === 'string' ? json : owner;
      for (const [name, item] of Object.entries(json)) {
        // A loop condition is a script. The script can read outputs of tasks without `${…}`.
        if (name === 'loopCondition' && typeof item === 'string' && found === undefined) {
          captured ??= namesOfCaptured(definition);
          if (captured.some((task) => item.includes(task)))
            found = `the loop condition of ${String(inner.taskReferenceName)}`;
        }
        walk(item, inner);
      }
    }
  };
  walk(definition, definition);
  return found;
}

/** Returns the tasks whose outputs the UPDATE_SECRET tasks read. */
function namesOfCaptured(definition: JsonObject): string[] {
  return updateTasksIn(definition).flatMap((task) => {
    const { secretValue: value } = secretsOf(task);
    const parts = typeof value === 'string' ? partsOf(value) : [];
    return parts.flatMap((part) => (typeof part === 'object' ? (outputReadBy(part)?.task ?? []) : []));
  });
}
