// Finds the fields of a task's input whose values were archived. For an archived value, the engine stores `***` in place of the value.
//
// After archiving, the field `_secrets` contains only the string `***`. The engine then evaluates `${workflow.input._secrets.password}` to null, or to
// an empty string inside a longer string. The task's input does not show that a value was archived, so the gateway reads the execution. The gateway's
// module in the engine refuses a task that reads an archived value before the engine schedules the task (ArchiveMarks.java). The check in this file
// also covers engines without the module.
import { type Expression, meaningOf, type Part, type Path, partsOf } from '../payloads/references/expressions.ts';
import { LIMITS } from '../payloads/references/references.ts';
import { isJsonObject, type Json, type JsonObject, jsonPointer } from '../primitives/json.ts';
import { MASK } from '../sensitive.ts';
import { outputReadBy } from './output-reads.ts';
import type { RefusedReference } from './reference-problems.ts';
import { MOST_REFERENCES_SHOWN } from './refusals.ts';
import { isNamed } from './static-task.ts';
import type { EngineTask } from './task.ts';
import { fits, joined, type Piece } from './template-gaps.ts';

type Place = readonly (string | number)[];

/**
 * Finds archived values that are visible in the task's input. An archived value is visible if the input contains `***` in a field `_secrets`, or `***`
 * that the definition reads from a field `_secrets`.
 */
export function archivedPlaces(written: Json | undefined, filledIn: Json | undefined): RefusedReference[] {
  const pointers: string[] = [];
  walkTexts(written, filledIn, (definition, data, place) => {
    if (pointers.length >= MOST_REFERENCES_SHOWN) return;
    const reads = partsOf(definition).some((part) => typeof part === 'object' && readsSecrets(part));
    const isArchived = typeof data === 'string' && data.includes(MASK) && !definition.includes(MASK);
    if (isArchived && (reads || (place.includes(SECRETS) && definition.includes('${'))))
      pointers.push(jsonPointer(place));
    else if (reads && isJsonObject(data))
      for (const [name, item] of Object.entries(data)) if (item === MASK) pointers.push(jsonPointer([...place, name]));
  });
  return pointers.length === 0 ? [] : [{ name: MASK, pointers, problem: 'ARCHIVED' }];
}

/**
 * Returns the JSON paths of the fields that archiving masked in the task's stored input. The gateway's module in the engine stores this list of paths
 * in the input. A rerun of the task uses the stored input. A retry has a different task id, and the engine evaluates the input of a retry again.
 */
export function markedPlaces({ taskId, inputData }: EngineTask): RefusedReference[] {
  const marks = isJsonObject(inputData) ? inputData[MARKS] : undefined;
  if (!isJsonObject(marks) || marks.taskId !== taskId || !Array.isArray(marks.places)) return [];
  const pointers = marks.places
    .slice(0, MOST_REFERENCES_SHOWN)
    .map((place) => jsonPointer(Array.isArray(place) ? place.slice(1).map(String) : []));
  return pointers.length === 0 ? [] : [{ name: MASK, pointers, problem: 'ARCHIVED' }];
}

/** An expression that reads data of the execution, but for which the task's input contains no value. */
export interface MissingRead {
  /** The text of the expression. */
  text: string;
  /** The reference name of the task whose output the expression reads. Undefined if the expression reads the input of the workflow. */
  task: string | undefined;
  path: Path;
  place: Place;
}

/**
 * Returns expressions of the definition whose values are missing in the input. Each expression reads from a field `_secrets`, or reads data that is
 * `***` now.
 */
export function missingReads(written: Json | undefined, filledIn: Json | undefined): MissingRead[] {
  const found: MissingRead[] = [];
  let compared = 0;
  walkTexts(written, filledIn, (definition, data, place) => {
    if (!definition.includes('${')) return;
    const isMasked = typeof data === 'string' && data.includes(MASK) && !definition.includes(MASK);
    const parts = partsOf(definition);
    for (const part of parts) {
      if (found.length === MOST_REFERENCES_SHOWN) return;
      const read = typeof part === 'object' ? readBy(part) : undefined;
      if (typeof part !== 'object' || read === undefined) continue;
      const readsBelow = read.path.includes(SECRETS);
      // The time for one comparison grows with the length of the string. If a task has more expressions than the maximum, the gateway reads the
      // execution instead.
      if (isMasked || (readsBelow && (++compared > MOST_COMPARED || isMissing(part, parts, data))))
        found.push({ ...read, place, text: part.text.slice(0, LIMITS.expression) });
    }
  });
  return found;
}

/**
 * Returns the expressions that read archived data. Data is archived if the execution contains `***` in a field `_secrets` or in a field that
 * `maskedFields` names.
 */
export function archivedReads(reads: readonly MissingRead[], execution: JsonObject): RefusedReference[] {
  const { input, tasks, workflowDefinition } = execution;
  const { maskedFields } = isJsonObject(workflowDefinition) ? workflowDefinition : {};
  const hidden = new Set<Json>([SECRETS, ...(Array.isArray(maskedFields) ? maskedFields : [])]);
  const outputs = (reference: string) =>
    (Array.isArray(tasks) ? tasks : []).flatMap((task) =>
      isJsonObject(task) && isNamed(task.referenceTaskName, reference) ? [task.outputData] : [],
    );
  return reads
    .filter(({ task, path }) =>
      (task === undefined ? [input] : outputs(task)).some((data) => isLost(data, path, hidden)),
    )
    .map(({ text, place }) => ({ name: text, pointers: [jsonPointer(place)], problem: 'ARCHIVED' }));
}

const SECRETS = '_secrets';
/** The name of the field with the list of archived paths. ArchiveMarks.java in the module for the Conductor server defines this name too. */
const MARKS = 'secretsGatewayArchived';
/** Maximum number of expressions of one task that the gateway compares with the input of the task. */
const MOST_COMPARED = 100;
const readsSecrets = ({ text }: Expression) => /\b_secrets\b/.test(text);

function readBy(part: Expression): { task: string | undefined; path: Path } | undefined {
  const meaning = meaningOf(part);
  if (meaning.kind === 'input') return { task: undefined, path: meaning.path };
  const read = meaning.kind === 'other' ? outputReadBy(part) : undefined;
  return read?.path === undefined ? undefined : { task: read.task, path: read.path };
}

/** Whether the engine possibly found no value for the expression `part`. */
function isMissing(part: Expression, parts: readonly Part[], data: Json | undefined): boolean {
  if (data === undefined || data === null) return true;
  if (parts.length === 1 || typeof data !== 'string') return false;
  const pieces = parts.map((other): Piece => {
    if (typeof other === 'string') return { known: other };
    return other === part ? { known: '' } : { gap: true };
  });
  // Some engines keep `$${` in a string, and other engines replace `$${` by `${`.
  return fits(
    data.replaceAll('$${', () => '${'),
    joined(pieces),
  );
}

function isLost(data: Json | undefined, path: Path, hidden: ReadonlySet<Json>): boolean {
  let value = data;
  let isHidden = false;
  for (const part of path) {
    if (Array.isArray(value)) value = value[Number(part)];
    else value = isJsonObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
    isHidden ||= hidden.has(part);
    if (isHidden && value === MASK) return true;
  }
  return false;
}

/**
 * Calls `visit` for each string of the definition. The second argument of `visit` is the data that the engine inserted into the task's input for the
 * string.
 */
function walkTexts(
  written: Json | undefined,
  filledIn: Json | undefined,
  visit: (text: string, data: Json | undefined, place: Place) => void,
): void {
  const walk = (definition: Json | undefined, data: Json | undefined, place: Place): void => {
    if (place.length > LIMITS.depth) return;
    if (typeof definition === 'string') visit(definition, data, place);
    else if (Array.isArray(definition))
      for (const [i, item] of definition.entries())
        walk(item, Array.isArray(data) ? data[i] : undefined, [...place, i]);
    else if (isJsonObject(definition))
      for (const [name, item] of Object.entries(definition))
        walk(item, isJsonObject(data) && Object.hasOwn(data, name) ? data[name] : undefined, [...place, name]);
  };
  walk(written, filledIn, []);
}
