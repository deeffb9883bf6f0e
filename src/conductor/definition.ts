// Decides which references to secrets in a task are resolved. Only references in the task's definition are resolved.
//
// THE RULE. A reference is resolved only if the reference is in the task's definition (registered-definition.ts decides which text is the
// definition). The engine replaces all other expressions by data. The data comes from the caller that started the workflow, from other tasks, or from
// servers that other tasks called. Nothing in this data is resolved, even if the data looks like a reference. `inputData` is therefore never searched
// for references. Only the values of expressions that are not references to secrets are read from `inputData`. For a task with secrets, nothing else
// from `inputData` is used. The reason is that a rerun can replace the `inputData` of a task, and the new
// `inputData` could contain an address of another server.

import { meaningOf, type Part, partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json, type JsonObject, jsonPointer } from '../primitives/json.ts';
import { InvalidTask } from './task.ts';
import { fits, gapsIn, joined, type Piece } from './template-gaps.ts';

/** A polled task, together with the definition of the task. */
export interface WithDefinition {
  /** The registered definition of the task, if the definition of the polled task uses secrets. Undefined if the polled task has no definition. */
  definition: JsonObject | undefined;
  inputData?: Json | undefined;
  /** The definition that the polled task contains. If a dynamic fork created the task, this definition can contain data. */
  workflowTask?: Json | undefined;
  /** The path of the task's input in the engine's external storage. The engine sets this path if the input is too large for the engine's database. */
  externalInputPayloadStoragePath?: Json | undefined;
}

/** A string in the task's input that contains references to secrets. */
export interface SecretPlace {
  /** The JSON Pointer of the text in the task's input. */
  pointer: string;
  /**
   * The text that the gateway resolves. In the text of the definition, `${workflow.input.v[0]}`, `${workflow.input.v[1]}` and so on replace the
   * expressions for data.
   */
  template: string;
  /** The original text in the definition. */
  source: string;
}

export interface Plan {
  places: SecretPlace[];
  /** The value of `workflow.input` with which the gateway resolves the templates. */
  input: { v: string[] };
  /**
   * Returns the task's input after the resolved strings are inserted. The list `resolved` contains one string for each item of `places`, in the same
   * order.
   */
  assemble(resolved: readonly Json[]): JsonObject;
  /** The definition of the task. */
  definition: JsonObject;
}

/**
 * Plans how the input of a task is built. If the task uses secrets or `exact` is true, the input contains exactly the fields of the
 * definition, and only the values of expressions come from `inputData`. @throws InvalidTask
 */
export function planOf(task: WithDefinition, exact = false): Plan {
  const { inputData, definition: taskDefinition, externalInputPayloadStoragePath: storagePath } = task;
  if (typeof storagePath === 'string' && storagePath !== '')
    throw new InvalidTask(
      'The input of the task is in the engine’s external storage, where references to secrets are not resolved',
    );
  const input = isJsonObject(inputData) ? inputData : {};
  const definition = taskDefinition ?? {};
  if (exact && taskDefinition === undefined) throw new InvalidTask('The definition of the task is missing');
  if (!exact && !usesSecrets(definition)) return { places: [], input: { v: [] }, definition, assemble: () => input };
  const places: SecretPlace[] = [];
  const values: string[] = [];
  const build = merged(definition, input, '');

  function merged(written: Json, filledIn: Json | undefined, pointer: string): Builder {
    if (typeof written === 'string') {
      const parts = partsOf(written);
      if (!parts.some(refersToSecret)) {
        const text = textOf(parts, filledIn, pointer);
        return () => text;
      }
      const template = templateOf(parts, filledIn, pointer, values);
      const place = places.push({ pointer: pointer || '/', template, source: written }) - 1;
      return (resolved) => resolved[place];
    }
    if (Array.isArray(written)) {
      const items = Array.isArray(filledIn) ? filledIn : [];
      const built = written.map((item, i) => merged(item, items[i], `${pointer}/${i}`));
      return (resolved) => built.map((item) => item(resolved) ?? null);
    }
    if (isJsonObject(written)) {
      const fields: JsonObject = isJsonObject(filledIn) ? filledIn : {};
      const built = Object.entries(written).map(
        ([name, item]) => [name, merged(item, ownMember(fields, name), `${pointer}${jsonPointer([name])}`)] as const,
      );
      return (resolved) => objectOf(built.map(([name, value]) => [name, value(resolved)]));
    }
    return () => written;
  }

  return { places, input: { v: values }, definition, assemble: (resolved) => build(resolved) as JsonObject };
}

type Builder = (resolved: readonly Json[]) => Json | undefined;

export function usesSecrets(definition: Json): boolean {
  if (typeof definition === 'string') return partsOf(definition).some(refersToSecret);
  if (Array.isArray(definition)) return definition.some(usesSecrets);
  return isJsonObject(definition) && Object.values(definition).some(usesSecrets);
}

/**
 * Returns the `inputParameters` of a task, and adds missing parameters from the defaults of the task definition. Engines add the defaults in the same
 * way. Returns undefined if the task has no `inputParameters` and no defaults.
 */
export function definitionOf(workflowTask: Json | undefined): JsonObject | undefined {
  if (!isJsonObject(workflowTask)) return undefined;
  const { type, inputParameters, taskDefinition } = workflowTask;
  // INVARIANT: the `inputTemplate` of a DYNAMIC task's task definition is ignored, because data chooses the task definition.
  const defaults = type !== 'DYNAMIC' && isJsonObject(taskDefinition) ? taskDefinition.inputTemplate : undefined;
  if (!isJsonObject(inputParameters) && !isJsonObject(defaults)) return undefined;
  return objectOf([
    ...Object.entries(isJsonObject(defaults) ? defaults : {}),
    ...Object.entries(isJsonObject(inputParameters) ? inputParameters : {}),
  ]);
}

/**
 * Returns the string that the engine produced from a string without secrets. The function checks that the engine did not change the fixed text
 * around the expressions.
 */
function textOf(parts: readonly Part[], filledIn: Json | undefined, pointer: string): Json | undefined {
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  if (parts.length === 1) return filledIn;
  const pieces = (known: (text: string) => string) =>
    joined(parts.map((part): Piece => (typeof part === 'string' ? { known: known(part) } : { gap: true })));
  // Both `$${` and `${` are accepted, because some engines do not change `$${`, and other engines replace `$${` by `${`.
  if (typeof filledIn === 'string' && (fits(filledIn, pieces(String)) || fits(filledIn, pieces(escapedText))))
    return filledIn;
  throw new InvalidTask(`${pointer}: the input differs from the text in the definition`);
}

/**
 * Returns `parts` after `${workflow.input.v[i]}` replaced each expression for data. The function appends the data that the engine inserted for these
 * expressions to `values`.
 */
function templateOf(parts: readonly Part[], filledIn: Json | undefined, pointer: string, values: string[]): string {
  const runs = runsOf(parts);
  const gaps = runs.filter((run) => run.kind === 'data').length;
  if (gaps === 0) return runs.map(({ source }) => source).join('');
  // An engine that does not support secrets does not change references to secrets. An engine that supports secrets but does not find the secret
  // replaces the reference by an empty string.
  const found =
    typeof filledIn === 'string'
      ? (gapsIn(filledIn, runs.map(piece('literal'))) ?? gapsIn(filledIn, runs.map(piece('empty'))))
      : undefined;
  if (found === undefined)
    throw new InvalidTask(`${pointer}: the data from the engine cannot be separated from the text in the definition`);
  let gap = 0;
  return runs
    .map((run) => {
      if (run.kind !== 'data') return run.source;
      return `\${workflow.input.v[${values.push(found[gap++] ?? '') - 1}]}`;
    })
    .join('');
}

/** A part of a string. A part is either fixed text with references to secrets, or data. Adjacent parts are of different kinds. */
interface Run {
  kind: 'fixed' | 'data';
  source: string;
  /**
   * The fixed text that the input contains if the engine does not change references. The field `empty` contains the fixed text for an engine that
   * replaces references by an empty string.
   */
  literal: string;
  empty: string;
}

function runsOf(parts: readonly Part[]): Run[] {
  const runs: Run[] = [];
  for (const part of parts) {
    const run = runOf(part);
    const last = runs.at(-1);
    if (last?.kind !== run.kind) runs.push(run);
    else {
      last.source += run.source;
      last.literal += run.literal;
      last.empty += run.empty;
    }
  }
  return mergedText(runs);
}

function runOf(part: Part): Run {
  if (typeof part === 'string') return { kind: 'fixed', source: escapedText(part), literal: part, empty: part };
  if (refersToSecret(part)) return { kind: 'fixed', source: part.text, literal: part.text, empty: '' };
  return { kind: 'data', source: part.text, literal: '', empty: '' };
}

/** Returns whether a part is a well-formed or malformed reference to a secret. */
export function refersToSecret(part: Part): boolean {
  return typeof part !== 'string' && ['secret', 'malformed'].includes(meaningOf(part).kind);
}

/** Escapes a literal text, so that the gateway does not parse the literal text as an expression. */
const escapedText = (text: string) => text.replaceAll('${', () => '$${');

/**
 * Joins each fixed text without a reference to a secret with the adjacent data. This fixed text contains no secret, so nobody has to separate the
 * fixed text from the data.
 */
function mergedText(runs: readonly Run[]): Run[] {
  const merged: Run[] = [];
  for (const [i, run] of runs.entries()) {
    const isBetween = i > 0 && i < runs.length - 1 && run.kind === 'fixed' && run.literal === run.empty;
    const data = isBetween ? { ...run, kind: 'data' as const } : run;
    const last = merged.at(-1);
    if (data.kind === 'data' && last?.kind === 'data') last.source += data.source;
    else merged.push({ ...data });
  }
  return merged;
}

const piece =
  (form: 'literal' | 'empty') =>
  (run: Run): Piece =>
    run.kind === 'data' ? { gap: true } : { known: run[form] };

function ownMember(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Creates an object, and omits undefined fields. The function treats `__proto__` like any other field name. */
function objectOf(entries: readonly (readonly [string, Json | undefined])[]): JsonObject {
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, Json] => entry[1] !== undefined));
}
