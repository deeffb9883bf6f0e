// Where a task's secrets come from: from its definition, and from nowhere else.
//
// THE RULE. A reference to a secret counts only in the task's definition (registered-definition.ts decides which text is the definition). The
// engine replaces other expressions by data from the caller who started the workflow, from other tasks, or from servers that they called.
// The worker resolves nothing in this data, even if it looks like a reference. So it never searches `inputData` for references, and uses it
// only for the values of the definition's other expressions. For a task that uses secrets it uses nothing else from `inputData`: a rerun can
// give a task another `inputData`, and with it another address to send the secrets to.

import { meaningOf, type Part, partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { fits, gapsIn, type Piece } from './align.ts';

/** A task whose definition is known. */
export interface Defined {
  /** The registered definition, if the definition uses secrets. Undefined if the task came without a definition. */
  definition: JsonObject | undefined;
  inputData?: Json | undefined;
  /** The definition in the polled task. In a dynamic fork it contains data. */
  workflowTask?: Json | undefined;
  /** Where the input is, if it was too large for the engine. */
  externalInputPayloadStoragePath?: Json | undefined;
}

/** A place that takes from a secret. */
export interface SecretPlace {
  /** JSON Pointer in the task's input. */
  pointer: string;
  /** The text to be resolved: the definition's, with `${workflow.input.v[3]}` in place of what is data. */
  template: string;
  /** The text as the definition has it. */
  source: string;
}

export interface Plan {
  places: SecretPlace[];
  /** `workflow.input` for the templates. */
  input: { v: string[] };
  /** The task's input, with these texts in the places, in their order. */
  assemble(resolved: readonly Json[]): JsonObject;
  /** The definition, for who wants to know what is written there. */
  definition: JsonObject;
}

/** A task that cannot be understood. Tells a place, never what stands there. */
export class Misfit extends Error {}

/**
 * What the task is to do. With secrets, and where `exact`, its input has what the definition has and nothing more: only what stands in place
 * of expressions is taken from `inputData`. @throws Misfit
 */
export function planOf(task: Defined, exact = false): Plan {
  const { inputData, definition: written, externalInputPayloadStoragePath: elsewhere } = task;
  if (typeof elsewhere === 'string' && elsewhere !== '')
    throw new Misfit('The input is in the engine’s external storage, which the worker does not read');
  const input = isJsonObject(inputData) ? inputData : {};
  const definition = written ?? {};
  if (exact && written === undefined) throw new Misfit('The task came without its definition');
  if (!exact && !usesSecrets(definition)) return { places: [], input: { v: [] }, definition, assemble: () => input };
  const places: SecretPlace[] = [];
  const values: string[] = [];
  const build = merged(definition, input, '');

  function merged(defined: Json, given: Json | undefined, pointer: string): Built {
    if (typeof defined === 'string') {
      const parts = partsOf(defined);
      if (!parts.some(takesSecret)) {
        const text = textOf(parts, given, pointer);
        return () => text;
      }
      const template = templateOf(parts, given, pointer, values);
      const place = places.push({ pointer: pointer || '/', template, source: defined }) - 1;
      return (resolved) => resolved[place];
    }
    if (Array.isArray(defined)) {
      const items = Array.isArray(given) ? given : [];
      const built = defined.map((item, i) => merged(item, items[i], `${pointer}/${i}`));
      return (resolved) => built.map((item) => item(resolved) ?? null);
    }
    if (isJsonObject(defined)) {
      const fields: JsonObject = isJsonObject(given) ? given : {};
      const built = Object.entries(defined).map(
        ([name, item]) => [name, merged(item, own(fields, name), `${pointer}/${escaped(name)}`)] as const,
      );
      return (resolved) => objectOf(built.map(([name, value]) => [name, value(resolved)]));
    }
    return () => defined;
  }

  return { places, input: { v: values }, definition, assemble: (resolved) => build(resolved) as JsonObject };
}

type Built = (resolved: readonly Json[]) => Json | undefined;

export function usesSecrets(definition: Json): boolean {
  if (typeof definition === 'string') return partsOf(definition).some(takesSecret);
  if (Array.isArray(definition)) return definition.some(usesSecrets);
  return isJsonObject(definition) && Object.values(definition).some(usesSecrets);
}

/**
 * `inputParameters`, and for what they do not have the defaults of the task's definition, as engines put them together. Undefined if the
 * task has none of them.
 */
export function definitionOf(workflowTask: Json | undefined): JsonObject | undefined {
  if (!isJsonObject(workflowTask)) return undefined;
  const { type, inputParameters, taskDefinition } = workflowTask;
  // INVARIANT: the `inputTemplate` of a DYNAMIC task does not count, since data chooses its task definition.
  const defaults = type !== 'DYNAMIC' && isJsonObject(taskDefinition) ? taskDefinition.inputTemplate : undefined;
  if (!isJsonObject(inputParameters) && !isJsonObject(defaults)) return undefined;
  return objectOf([
    ...Object.entries(isJsonObject(defaults) ? defaults : {}),
    ...Object.entries(isJsonObject(inputParameters) ? inputParameters : {}),
  ]);
}

/** What the engine made of a text without secrets. Where that is more than an expression, what stands around it is the definition's. */
function textOf(parts: readonly Part[], given: Json | undefined, pointer: string): Json | undefined {
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  if (parts.length === 1) return given;
  const pieces = (known: (text: string) => string) =>
    parts.flatMap((part, i): Piece[] => {
      if (typeof part === 'string') return [{ known: known(part) }];
      return i > 0 && typeof parts[i - 1] !== 'string' ? [] : [{ gap: true }];
    });
  // Engines may leave `$${` as it is.
  if (typeof given === 'string' && (fits(given, pieces(String)) || fits(given, pieces(escapedText)))) return given;
  throw new Misfit(`${pointer}: it is not what the definition says there`);
}

/** `parts` with `${workflow.input.v[i]}` in place of what the engine filled in, which is put on `values`. */
function templateOf(parts: readonly Part[], given: Json | undefined, pointer: string, values: string[]): string {
  const runs = runsOf(parts);
  const gaps = runs.filter((run) => run.kind === 'data').length;
  if (gaps === 0) return runs.map(({ source }) => source).join('');
  // An engine that knows of no secrets leaves the references; one that has none of this name puts nothing in their place.
  const found =
    typeof given === 'string'
      ? (gapsIn(given, runs.map(piece('literal'))) ?? gapsIn(given, runs.map(piece('empty'))))
      : undefined;
  if (found === undefined)
    throw new Misfit(`${pointer}: what the engine filled in cannot be told from what the definition says there`);
  let gap = 0;
  return runs
    .map((run) => {
      if (run.kind !== 'data') return run.source;
      return `\${workflow.input.v[${values.push(found[gap++] ?? '') - 1}]}`;
    })
    .join('');
}

/** A stretch of a text: what the definition fixes, around references to secrets, or data. No two of a kind stand side by side. */
interface Run {
  kind: 'fixed' | 'data';
  source: string;
  /** As an engine leaves it that leaves references; and one that empties them. */
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
  if (takesSecret(part)) return { kind: 'fixed', source: part.text, literal: part.text, empty: '' };
  return { kind: 'data', source: part.text, literal: '', empty: '' };
}

/** Whether a part refers to a secret, or tries to. */
export function takesSecret(part: Part): boolean {
  return typeof part !== 'string' && ['secret', 'malformed'].includes(meaningOf(part).kind);
}

/** A literal as it has to be written so that it stays one. */
const escapedText = (text: string) => text.replaceAll('${', () => '$${');

/** Text without a reference, from one expression to the next, need not be told from them: all of it is no secret. */
function mergedText(runs: readonly Run[]): Run[] {
  const merged: Run[] = [];
  for (const [i, run] of runs.entries()) {
    const between = i > 0 && i < runs.length - 1 && run.kind === 'fixed' && run.literal === run.empty;
    const data = between ? { ...run, kind: 'data' as const } : run;
    const last = merged.at(-1);
    if (data.kind === 'data' && last?.kind === 'data') last.source += data.source;
    else merged.push({ ...data });
  }
  return merged;
}

const piece =
  (as: 'literal' | 'empty') =>
  (run: Run): Piece =>
    run.kind === 'data' ? { gap: true } : { known: run[as] };

function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Without what is undefined; `__proto__` is a name like others. */
function objectOf(entries: readonly (readonly [string, Json | undefined])[]): JsonObject {
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, Json] => entry[1] !== undefined));
}

const escaped = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');
